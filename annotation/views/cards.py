"""The work that waits for a rater, one card a batch: what it asks, what it holds, how much is left."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Avg, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from annotation import caring
from annotation.models import Assignment, Batch, Demonstration, Draft, Judgment, RaterHold
from annotation.models.tasks import RaterProgress
from annotation.offering import Progressed
from annotation.qualifying import Standing
from annotation.queueing.progressing import progress_in
from annotation.views.care import content_of
from workforce.models import User

TASKS = {
    Batch.Kind.PAIRWISE: _("Compare two answers."),
    Batch.Kind.RANKING: _("Rank several answers."),
    Batch.Kind.RATING: _("Rate answers by criteria."),
    Batch.Kind.DEMONSTRATION: _("Write the answer you would want."),
}
ENOUGH_TO_ESTIMATE = 3
NO_DEADLINE = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Card:
    """A batch with work for the rater, of which `left` items are left, or at least as many where there are `more`.

    `content` names distressing content, `agreed` whether the rater sees it.
    """

    pk: int
    project: str
    number: int
    name: str
    task: Any
    rubric: str
    url: str
    left: int
    more: bool
    minutes: int
    urgency: tuple[int, datetime]
    started: bool
    resumed: bool
    reason_share: int
    practice: bool
    content: dict[str, Any] | None
    agreed: bool


def batches_of(rater: User, *, standing: Standing, named: Collection[int] = ()) -> list[Progressed]:
    """The open and paused batches of the rater's projects, and those that are named, oldest first; one query.

    Each batch also has `held` (a lease of theirs runs), `drafted_at` (their newest unfinished answer under such a
    lease), `pace_ms` (what an answer of theirs took them on average) and `on_hold` (the key of the hold under which the
    rater is given nothing new there).
    """
    live = {"rater": rater, "slot__batch": OuterRef("pk"), "state": Assignment.State.LEASED}
    live["expires_at__gt"] = timezone.now()
    drafts = Draft.objects.filter(**{f"assignment__{name}": value for name, value in live.items()})
    judged = Judgment.objects.filter(task__batch=OuterRef("pk"), rater=rater)
    written = Demonstration.objects.filter(task__batch=OuterRef("pk"), author=rater)
    holds = RaterHold.objects.in_force().filter(project=OuterRef("project"), rater=rater)
    offered = Q(pk__in=Batch.objects.offered_to(rater).values("pk"))
    wanted = offered & Q(state__in=[Batch.State.OPEN, Batch.State.PAUSED]) | Q(pk__in=named)
    batches = (
        Batch.objects.worked_on_by(rater)
        .filter(wanted)
        .select_related("project", "rubric_version__rubric", "grants")
        .prefetch_related("requires")
        .annotate(
            held=Exists(Assignment.objects.filter(**live)),
            drafted_at=Subquery(drafts.order_by("-saved_at").values("saved_at")[:1]),
            pace_ms=Coalesce(_mean(judged), _mean(written), 0.0),
            on_hold=Subquery(holds.values("pk")[:1]),
        )
    )
    return progress_in(batches=batches.order_by("pk"), rater=rater, skills=standing.skills)


def _mean(answers: QuerySet[Any]) -> Subquery:
    return Subquery(answers.order_by().values("task__batch").annotate(ms=Avg("active_ms")).values("ms"))


def cards_of(batches: Iterable[Progressed], *, standing: Standing, consents: Mapping[str, int]) -> list[Card]:
    """Every open batch with work left that the rater is qualified for: the one with an open item first, then by the
    lead's priority and deadline, then those begun, then the oldest; what they have not agreed to see comes last. Where
    the rater is held for review only what they have open, and rounds.
    """
    of_rater: Iterable[tuple[Any, RaterProgress]] = batches
    cards = [
        _card(batch, progress, agreed=caring.agreed_to(batch=batch, consents=consents))
        for batch, progress in of_rater
        if batch.state == Batch.State.OPEN
        and (progress.total > progress.done or progress.more)
        and standing.fits(batch, begun=progress.done > 0)
        and (batch.on_hold is None or batch.held or batch.mode == Batch.Mode.CALIBRATION)
    ]
    return sorted(cards, key=_turn)


def _turn(card: Card) -> tuple[bool, bool, bool, tuple[int, datetime], bool]:
    return not card.agreed, card.practice, not card.resumed, card.urgency, not card.started


def _card(batch: Any, progress: RaterProgress, *, agreed: bool) -> Card:
    left = progress.total - progress.done
    minutes = max(1, round(batch.pace_ms * left / 60_000))
    return Card(
        pk=batch.pk,
        project=batch.project.name,
        number=batch.number,
        name=batch.name,
        task=TASKS[Batch.Kind(batch.kind)],
        rubric=str(batch.rubric_version),
        url=reverse("label", args=[batch.pk]),
        left=left,
        more=progress.more,
        minutes=minutes if progress.done >= ENOUGH_TO_ESTIMATE else 0,
        urgency=(batch.priority, batch.deadline or NO_DEADLINE),
        started=batch.held or progress.done > 0,
        resumed=batch.held,
        reason_share=batch.reason_share,
        practice=batch.mode == Batch.Mode.CALIBRATION,
        content=content_of(batch),
        agreed=agreed,
    )
