"""The home of a project: for an admin the loop; a lead is sent to the batches, a rater to their work."""

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from annotation.models import Judgment, Project
from training import recounting
from training.loop import next_step, steps_of
from training.loop_facts import administered, read_facts
from training.models import AcquisitionRound, ModelVersion
from workforce.models import AuditEvent, Membership, Role, User
from workforce.roles import holds
from workforce.scoping import me, page, team_of_project

MODELS_SHOWN = 8
EVENTS_SHOWN = 8
# One of each per answer: they would leave no room for anything else.
EVERYDAY = ("submit_judgment", "revise_judgment", "judge", "demonstrate", "issue_login_link")


@login_required
@require_safe
def project_home(request: HttpRequest, slug: str) -> HttpResponse:
    """The loop, one number and one action each; where each model came from; what happened lately."""
    user = me(request)
    project = administered(user, slug)
    if project is None:
        return _elsewhere(user, slug)
    team = team_of_project(request, slug, Role.ADMIN)
    facts = read_facts(project)
    steps = steps_of(facts, current=next_step(steps_of(facts)))
    models = ModelVersion.objects.filter(project=project).prefetch_related("aliases", "parents")
    models = models.select_related(
        "run__preference_set", "run__demonstration_set", "run__prompt_set", "run__reward_model"
    )
    proposal = AcquisitionRound.objects.filter(project=project).select_related("policy", "reward_model").first()
    events = (
        AuditEvent.objects.filter(stream=team.slug).exclude(verb__in=EVERYDAY).select_related("actor")[:EVENTS_SHOWN]
    )
    context = {
        "steps": steps,
        "loop_steps": None,  # the tiles below are the strip
        "counts": _counts(project),
        "models": recounting.rows_of(models[:MODELS_SHOWN]),
        "round": proposal,
        "mix": recounting.mix_of(proposal) if proposal else [],
        "events": recounting.told(events),
    }
    return render(request, "training/home.html", page(team, "home", **context))


def _counts(project: Project) -> dict[str, int]:
    """Prompts, judgments and raters, in one query."""
    raters = Membership.objects.filter(team=project.team_id, role=Role.RATER, user__is_active=True)
    judgments = Judgment.objects.filter(task__batch__project=project).current().of_work()
    counted = {
        "prompts": project.prompts.order_by().values("project"),
        "judgments": judgments.order_by().values("task__batch__project"),
        "raters": raters.order_by().values("team"),
    }
    numbers = [Subquery(rows.annotate(n=Count("pk")).values("n")) for rows in counted.values()]
    found = Project.objects.filter(pk=project.pk).values_list(*(Coalesce(number, 0) for number in numbers)).get()
    return dict(zip(counted, found, strict=True))


def _elsewhere(user: User, slug: str) -> HttpResponse:
    """404 for a stranger; a lead's home is the batches, a rater's is their work."""
    project = get_object_or_404(Project.objects.visible_to(user).select_related("team"), slug=slug)
    if holds(user=user, team=project.team, role=Role.LEAD):
        return redirect("batches", slug=slug)
    return redirect("work")
