"""The items of a batch, one of them with the button that asks one more person, and a lease that a lead takes back."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from annotation.freeing import release_lease
from annotation.models import Assignment, Judgment, Slot, Task, VoidedJudgment
from annotation.reopening import reopen_item
from annotation.steering_forms import ReasonForm
from annotation.views.projects import found_batch, led_project, page
from workforce.numerals import whole_number
from workforce.scoping import me

PAGE = 50
STATES = {"": "All", "open": "Waiting", "finished": "Finished", "held": "Held for a lead", "out": "Taken out"}


@login_required
@require_safe
def batch_items(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Items by number, a page at a time after the last one shown."""
    project = led_project(request, slug)
    batch = found_batch(project, number)
    state, after = request.GET.get("state", ""), whole_number(request.GET.get("after")) or 0
    counts = {name: Count("slots", filter=Q(slots__state=name)) for name in ("done", "leased", "open")}
    tasks = (
        Task.objects.work()
        .filter(batch=batch, number__gt=after)
        .annotate(**counts)
        .select_related("prompt", "requires")
    )
    if state in ("held", "out"):
        tasks = tasks.filter(standing=state)
    elif state in ("open", "finished"):
        tasks = tasks.filter(standing=Task.Standing.QUEUED)
        waiting = Q(leased__gt=0) | Q(open__gt=0)
        tasks = tasks.filter(waiting if state == "open" else ~waiting)
    found = list(tasks.order_by("number")[: PAGE + 1])
    context = page(
        project,
        "batches",
        batch=batch,
        tasks=found[:PAGE],
        states=STATES,
        state=state if state in STATES else "",
        after=after,
        more=found[PAGE - 1].number if len(found) > PAGE else None,
    )
    return render(request, "annotation/batch_items.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def batch_item(request: HttpRequest, slug: str, number: int, item: int) -> HttpResponse:
    """One item: its answers by state, and asking one more person when all are in."""
    project = led_project(request, slug)
    batch = found_batch(project, number)
    tasks = Task.objects.filter(batch=batch).select_related("batch__project__team", "prompt", "requires", "comparison")
    task = get_object_or_404(tasks, number=item)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        reopen_item(task=task, actor=me(request), reason=form.cleaned_data["reason"])
        messages.success(request, f"Item {item} is asked of one person more.")
        return redirect("batch-item", slug=slug, number=number, item=item)
    slots = dict(task.slots.order_by().values_list("state").annotate(n=Count("pk")))
    judged = Judgment.objects.current().filter(task=task)
    context = page(
        project,
        "batches",
        batch=batch,
        task=task,
        slots=[(label, slots[state]) for state, label in Slot.State.choices if slots.get(state)],
        waiting=sum(slots.get(state, 0) for state in ("open", "leased")),
        answers=task.members.select_related("response"),
        voided=VoidedJudgment.objects.filter(judgment__task=task)
        .select_related("judgment__rater", "hold__confirmed_by")
        .order_by("pk"),
        unjudged=judged.exclude(cant_judge="").select_related("rater").order_by("pk"),
        form=form,
    )
    return render(request, "annotation/batch_item.html", context, status=422 if form.is_bound else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def batch_lease(request: HttpRequest, slug: str, number: int, pk: int) -> HttpResponse:
    """Who holds which item since when; POST gives it to others."""
    project = led_project(request, slug)
    leases = Assignment.objects.filter(slot__batch=found_batch(project, number)).select_related(
        "slot__batch__project__team", "task", "rater"
    )
    lease = get_object_or_404(leases, pk=pk)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        release_lease(assignment=lease, actor=me(request), reason=form.cleaned_data["reason"])
        messages.success(request, f"Item {lease.task.number} goes to somebody else.")
        return redirect("batch", slug=slug, number=number)
    live = lease.state == Assignment.State.LEASED
    context = page(project, "batches", batch=lease.slot.batch, lease=lease, live=live, form=form, now=timezone.now())
    return render(request, "annotation/batch_lease.html", context, status=422 if form.is_bound else 200)
