"""The draft editor and the publish page. Every button saves what was typed; without script the page reloads."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods
from django_htmx.middleware import HtmxDetails

from rubrics import versions
from rubrics.checks import advice_on, left_before_publishing
from rubrics.comparing import diff_contents
from rubrics.content import Content, content_of, contents_of, digest_of
from rubrics.errors import DraftChangedMeanwhile, DraftMalformed
from rubrics.forms import NO_NUMBER, changed_by, merged
from rubrics.models import Criterion, Rubric, RubricVersion
from rubrics.previewing import asking
from rubrics.views import rests_on, rubric_of
from workforce.models import Team
from workforce.numerals import whole_number
from workforce.scoping import me, page

State = RubricVersion.State
Change = RubricVersion.Change
MARKED = ("name", "slug", "question", "kind", "weight", "shown_when")
CHANGES = [
    (Change.WORDING, "labels stay comparable"),
    (Change.CLARIFIED, "comparable, raters are told"),
    (Change.MEANING, "not pooled, recalibrate"),
    (Change.STRUCTURE, "a criterion or point added or removed"),
]


class HtmxRequest(HttpRequest):
    """What django_htmx's middleware makes of a request."""

    htmx: HtmxDetails


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def rubric_edit(request: HtmxRequest, slug: str, rubric_slug: str) -> HttpResponse:
    """One part of the draft at a time, beside what raters will see."""
    team, rubric = rubric_of(request, slug, rubric_slug)
    draft = rubric.versions.filter(state=State.DRAFT).first()
    if draft is None:
        messages.warning(request, "This rubric has no draft. Start one from the published version.")
        return redirect("rubric", slug=slug, rubric_slug=rubric_slug)
    if request.method != "POST":
        content = content_of(draft)
        part = _part(request.GET.get("part", "0"), content)
        return render(request, "rubrics/edit.html", _editor(team, rubric, draft, content, part))
    return _save(request, team, rubric, draft)


def _save(request: HtmxRequest, team: Team, rubric: Rubric, draft: RubricVersion) -> HttpResponse:
    stored = content_of(draft)
    part = _part(request.POST.get("part", "0"), stored)
    typed = merged(stored, part, request.POST.dict())
    wanted, next_part = changed_by(typed, part, request.POST.get("action", ""))
    try:
        draft = versions.edit_draft(version=draft, actor=me(request), seen=request.POST.get("seen"), **wanted)
    except (DraftMalformed, DraftChangedMeanwhile) as refusal:
        context = _editor(team, rubric, draft, typed, part, refusal=refusal, seen=request.POST.get("seen", ""))
        template = "rubrics/_preview.html" if request.htmx else "rubrics/edit.html"
        return render(request, template, context, status=200 if request.htmx else refusal.status)
    if request.htmx:
        saved = _editor(team, rubric, draft, content_of(draft), next_part, saved=timezone.now())
        return render(request, "rubrics/_preview.html", saved)
    address = reverse("rubric-edit", args=[team.project.slug, rubric.slug])
    return redirect(f"{address}?part={next_part}")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def rubric_publish(request: HttpRequest, slug: str, rubric_slug: str) -> HttpResponse:
    """What will change, what rests on the old version, and the button that freezes the new one."""
    team, rubric = rubric_of(request, slug, rubric_slug)
    draft = rubric.versions.filter(state=State.DRAFT).first()
    if draft is None:
        return redirect("rubric", slug=slug, rubric_slug=rubric_slug)
    if request.method == "POST":
        earlier = _before(rubric, draft)
        done = versions.publish_version(version=draft, change=request.POST.get("change", ""), actor=me(request))
        messages.success(request, f"Version {done.number} is published and frozen. New batches can use it.")
        if earlier is not None and rests_on(earlier)["open_batches"]:
            return redirect("batch-versions", slug=slug)
        return redirect("rubric-version", slug=slug, rubric_slug=rubric_slug, number=done.number)
    before = _before(rubric, draft)
    said = contents_of(draft, *([before] if before else []))
    context = page(
        team,
        "rubrics",
        rubric=rubric,
        draft=draft,
        before=before,
        diff=diff_contents(said[before], said[draft]) if before else None,
        rests=rests_on(before) if before else None,
        left=left_before_publishing(said[draft]),
        changes=CHANGES,
    )
    return render(request, "rubrics/publish.html", context)


def _editor(
    team: Team, rubric: Rubric, draft: RubricVersion, content: Content, part: str, **more: Any
) -> dict[str, Any]:
    """Everything the editor shows: outline, the one part, preview, checks, and what differs from before."""
    before = _before(rubric, draft)
    place = whole_number(part)
    criterion = content["criteria"][place] if place is not None else None
    refusal = more.get("refusal")
    errors = dict((refusal.fields if refusal else None) or {})
    context = {
        "rubric": rubric,
        "draft": draft,
        "content": content,
        "part": part,
        "criterion": criterion,
        "points": _rows(criterion["points"] if criterion else [], part, errors),
        "errors": {field: errors.get(f"{part}.{field}", "") for field in MARKED},
        "kinds": Criterion.Kind.choices,
        "asked": asking(content, place) if place is not None else None,
        "before": before,
        "diff": diff_contents(content_of(before), content) if before else None,
        "left": left_before_publishing(content),
        "advice": advice_on(content),
        "seen": digest_of(content),
        **more,
    }
    return page(team, "rubrics", **context)


def _rows(points: Any, part: str, errors: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {
            **point,
            "value": "" if point["value"] == NO_NUMBER else point["value"],
            "weight": "" if point.get("weight") == NO_NUMBER else point.get("weight", 0),
            "weight_error": errors.get(f"{part}.points.{row}.weight", ""),
            "value_error": errors.get(f"{part}.points.{row}.value", ""),
            "anchor_error": errors.get(f"{part}.points.{row}.anchor", ""),
        }
        for row, point in enumerate(points)
    ]


def _part(wanted: str, content: Content) -> str:
    """A part that exists: a criterion's place, or the guidance."""
    place = whole_number(wanted)
    return wanted if place is not None and place < len(content["criteria"]) else "guidance"


def _before(rubric: Rubric, draft: RubricVersion) -> RubricVersion | None:
    earlier = rubric.versions.exclude(state=State.DRAFT).filter(number__lt=draft.number)
    return earlier.order_by("-number").first()
