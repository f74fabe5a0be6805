"""One disputed item: the lead's own answer first, then what others said, then the ruling, and the next item.

The opinions of others are asked of the database only once the lead's own answer is stored. Opening an item that waits
for a ruling sits the lead down at it (annotation.seating), as opening a label page leases an item.
"""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from annotation import adjudicating, seating
from annotation.disputes import Asked, disputes, read_asked
from annotation.errors import AlreadyRuled, ItemTaken
from annotation.models import Adjudication, AdjudicationSeat, Batch, BlindAnswer, Project, Task
from annotation.repinning import version_of
from annotation.ruling_checks import require_disputable
from annotation.strips import answer_words, opinions_of, strips_of
from annotation.talk import talk_of
from annotation.views.adjudication_form import groups_of, outcomes_of, read_answer, read_ruling, ruling_of
from annotation.views.canonical_form import letter_of
from annotation.views.disputes import rows_for, with_strips
from annotation.views.projects import led_project, page
from workforce.errors import AssayError
from workforce.models import User
from workforce.numerals import whole_number
from workforce.scoping import me

QUEUED = 10
LOOKED_AT = 500
UNDO_FOR = timedelta(minutes=30)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def adjudication(request: HttpRequest, slug: str, number: int, item: int) -> HttpResponse:
    """The item; POST keeps the lead's own answer, and shows what others said."""
    project = led_project(request, slug)
    task = _found(project, number, item)
    refusal: AssayError | None = None
    if request.method == "POST":
        try:
            answer = None if "cannot" in request.POST else read_answer(task=task, form=request.POST)
            adjudicating.answer_blind(task=task, actor=me(request), answer=answer)
            return redirect(_at(request, "adjudication", task))
        except AssayError as error:
            refusal = error
    elif request.method == "GET" and not Adjudication.objects.in_force().filter(task=task).exists():
        try:
            seating.take_seat(task=task, actor=me(request))
        except ItemTaken as error:
            refusal = error
    return _shown(request, project, task, refusal=refusal)


@login_required
@require_POST
def adjudication_rule(request: HttpRequest, slug: str, number: int, item: int) -> HttpResponse:
    """Rule on the item, or otherwise than before (`revises`: the ruling that the page showed), and go on."""
    project = led_project(request, slug)
    task = _found(project, number, item)
    lead = me(request)
    try:
        blind = BlindAnswer.objects.filter(task=task, lead=lead).first()
        said = read_ruling(task=task, form=request.POST, blind=blind.answer if blind else None)
        if before := _revised(task, request.POST.get("revises", "")):
            adjudicating.revise_adjudication(adjudication=before, actor=lead, **said)
        else:
            adjudicating.adjudicate(task=task, actor=lead, **said)
    except AssayError as refusal:
        return _shown(request, project, task, refusal=refusal)
    return _onward(request, project, after=task)


@login_required
@require_POST
def adjudication_undo(request: HttpRequest, slug: str, number: int, item: int) -> HttpResponse:
    """Take the ruling on the item back and show the item."""
    task = _found(led_project(request, slug), number, item)
    ruling = Adjudication.objects.in_force().filter(task=task).select_related("referral").first()
    if ruling is None:
        raise AlreadyRuled("There is no ruling on this item. Nothing was changed. Load the page again.")
    ruling.task = task
    reason = request.POST.get("reason", "")
    adjudicating.withdraw_adjudication(adjudication=ruling, actor=me(request), reason=reason)
    messages.success(request, f"The ruling on item {task.number} is taken back. Both rows stay in the record.")
    return redirect(_at(request, "adjudication", task))


@login_required
@require_POST
def adjudication_names(request: HttpRequest, slug: str, number: int, item: int) -> HttpResponse:
    """Show once who gave which opinion; that the lead looked is in the audit log."""
    project = led_project(request, slug)
    task = _found(project, number, item)
    adjudicating.show_raters(task=task, actor=me(request))
    return _shown(request, project, task, names=True)


@login_required
@require_POST
def dispute_next(request: HttpRequest, slug: str) -> HttpResponse:
    """Get up and go to the item after `after` ("batch-item") in the list, or to its first that nobody sits at."""
    project = led_project(request, slug)
    number, _, item = request.POST.get("after", "").partition("-")
    left = Task.objects.filter(batch__project=project, batch__number__in=_whole(number), number__in=_whole(item))
    task = left.select_related("batch__project__team").first()
    if task is not None:
        seating.leave_seat(task=task, actor=me(request))
    return _onward(request, project, after=task, skipping=True)


def _found(project: Project, number: int, item: int) -> Task:
    tasks = Task.objects.filter(batch__project=project, batch__number=number).select_related(
        "batch__project__team", "batch__rubric_version__rubric", "rubric_version__rubric", "prompt", "comparison"
    )
    task = get_object_or_404(tasks.prefetch_related("members__response"), number=item)
    require_disputable(task=task)
    return task


def _revised(task: Task, revises: str) -> Adjudication | None:
    """The row that the page says it revises; one that somebody superseded meanwhile is refused by the verb."""
    found = Adjudication.objects.filter(task=task).select_related("referral")
    for row in found:
        if str(row.uid) == revises:
            row.task = task
            return row
    return None


def _shown(
    request: HttpRequest, project: Project, task: Task, *, refusal: AssayError | None = None, names: bool = False
) -> HttpResponse:
    lead, asked = me(request), read_asked(request.GET)
    given = request.POST if request.method == "POST" and refusal is not None else None
    blind = BlindAnswer.objects.filter(task=task, lead=lead).first()
    ruling = Adjudication.objects.in_force().filter(task=task).select_related("lead", "draft__rubric").first()
    members = [
        (letter_of(task.batch, m.position), m.position, m.response)
        for m in sorted(task.members.all(), key=lambda one: one.position)
    ]
    context = page(
        project,
        "disputes",
        task=task,
        batch=task.batch,
        version=version_of(task=task),
        talk=talk_of(task.prompt.messages),
        members=members,
        blind=blind,
        ruling=ruling,
        refusal=refusal,
        errors=(refusal.fields or {}) if refusal else {},
        taken=seating.seat_of(task=task, but=lead),
        last=_last(project, lead, but=task),
        asked=urlencode(asked.given),
        opened=timezone.now(),
        names=names,
        **_queue(project, asked, lead, task),
    )
    if blind is None:
        context["groups"] = groups_of(task=task, given=given)
    else:
        context |= _revealed(task, blind, ruling, given)
    return render(request, "annotation/adjudication.html", context, status=refusal.status if refusal else 200)


def _revealed(task: Task, blind: BlindAnswer, ruling: Adjudication | None, given: Any) -> dict[str, Any]:
    """What the page holds once the lead's own answer is stored."""
    strip = strips_of(tasks=[task], blind=()).get(task.pk)
    form = given if given is not None else ruling_of(ruling) if ruling else {}
    answer = ruling.answer if ruling and ruling.answer else blind.answer
    pair = task.batch.kind == Batch.Kind.PAIRWISE
    can_be_gold = task.comparison is not None and (task.comparison.panel is None or bool(ruling and ruling.gold))
    return {
        "mine": answer_words(blind.answer, task=task),
        "said": answer_words(ruling.answer, task=task) if ruling and ruling.answer else "",
        "opinions": opinions_of(task=task),
        "strip": strip,
        "groups": [] if pair else groups_of(task=task, given=given, answer=answer),
        "outcomes": outcomes_of(task=task, given=form.get("outcome", ""), votes=_split_words(task, strip)),
        "causes": Adjudication.Cause.choices,
        "confidences": Adjudication.Confidence.choices,
        "form": form,
        "can_be_gold": can_be_gold,
    }


def _split_words(task: Task, strip: Any) -> str:
    """A 5, B 5: how a pair's opinions are split, a tie named only where there is one."""
    if strip is None or task.batch.kind != Batch.Kind.PAIRWISE:
        return ""
    sides = {"A": 0, "same": 0, "B": 0}
    for bar in strip.bars:
        sides["same" if bar.middle else bar.name[:1]] += bar.n
    return ", ".join(f"{name} {n}" for name, n in sides.items() if n or name != "same")


def _queue(project: Project, asked: Asked, lead: User, task: Task) -> dict[str, Any]:
    """The items around this one in the list that it was opened from, and how many wait in all."""
    waiting = list(disputes(project=project, asked=asked).values_list("pk", flat=True)[: LOOKED_AT + 1])
    place = waiting.index(task.pk) if task.pk in waiting else 0
    start = max(0, min(place - 3, len(waiting) - QUEUED))
    near = waiting[start : start + QUEUED]
    found = rows_for(disputes(project=project, asked=asked).filter(pk__in=near), lead)
    return {
        "queue": with_strips(list(found), asked),
        "waiting": min(len(waiting), LOOKED_AT),
        "more": len(waiting) > LOOKED_AT,
        "place": place + 1 if task.pk in waiting else None,
    }


def _last(project: Project, lead: User, *, but: Task) -> Adjudication | None:
    """The lead's last ruling of the last half hour, if it can be undone from here."""
    mine = Adjudication.objects.newest().filter(lead=lead, task__batch__project=project)
    last = mine.filter(created_at__gt=timezone.now() - UNDO_FOR).select_related("task__batch").order_by("-pk").first()
    return last if last and last.task_id != but.pk and last.outcome != Adjudication.Outcome.WITHDRAWN else None


def _onward(
    request: HttpRequest, project: Project, *, after: Task | None, skipping: bool = False
) -> HttpResponseRedirect:
    """To the next item of the list that nobody else sits at; after a skipped one, from its place on and around."""
    asked = read_asked(request.GET)
    seats = AdjudicationSeat.objects.filter(expires_at__gt=timezone.now()).exclude(lead=me(request))
    found = disputes(project=project, asked=asked).exclude(pk__in=seats.values("task"))
    waiting = list(found.values_list("pk", flat=True)[:LOOKED_AT])
    if skipping and after is not None and after.pk in waiting:
        place = waiting.index(after.pk)
        waiting = waiting[place + 1 :] + waiting[:place]
    else:
        waiting = [pk for pk in waiting if after is None or pk != after.pk]
    if not waiting:
        messages.success(request, "Nothing more waits in this list.")
        return redirect(f"{reverse('disputes', args=[project.slug])}?{urlencode(asked.given)}")
    return redirect(_at(request, "adjudication", Task.objects.select_related("batch__project").get(pk=waiting[0])))


def _at(request: HttpRequest, name: str, task: Task) -> str:
    """The address of an item's page, in the list that the lead came from."""
    path = reverse(name, args=[task.batch.project.slug, task.batch.number, task.number])
    query = urlencode(read_asked(request.GET).given)
    return f"{path}?{query}" if query else path


def _whole(text: str) -> list[int]:
    """The number, if it is one."""
    number = whole_number(text)
    return [] if number is None else [number]
