"""What comes before an item: a talk with a lead, a gate, a change of the rubric, the end of a round."""

import uuid
from collections.abc import Collection

from django.contrib.auth.decorators import login_required
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from annotation import calibrating, offering, qualifying
from annotation.models import Assignment, Batch
from annotation.repinning import follow, unseen
from annotation.views import care
from annotation.views.screens import Interlude
from rubrics.acknowledging import News, acknowledge
from rubrics.models import RubricVersion
from workforce.models import User
from workforce.numerals import whole_number
from workforce.scoping import me

SALT = "annotation.interludes.shown"


def before(*, batch: Batch, rater: User, beyond: Collection[uuid.UUID] = ()) -> Interlude | None:
    """What the rater must see before the item that would come next, or None.

    `beyond` names leases that are on the rater's page already. An item that is open keeps its version and comes
    first; a change of the rubric is shown before the first item under the new text.
    """
    if batch.state == Batch.State.OPEN:
        screen = _barred(batch=batch, rater=rater) or care.gate(batch=batch, rater=rater)
        screen = screen or _change(batch=batch, rater=rater, beyond=beyond)
        if screen:
            return screen
    return _round(batch=batch, rater=rater)


def _barred(*, batch: Batch, rater: User) -> Interlude | None:
    return Interlude("gate", "label/_barred.html") if qualifying.barred(batch=batch, rater=rater) else None


def _change(*, batch: Batch, rater: User, beyond: Collection[uuid.UUID]) -> Interlude | None:
    held = Assignment.objects.filter(
        rater=rater, slot__batch=batch, state=Assignment.State.LEASED, expires_at__gt=timezone.now()
    )
    coming = held.exclude(token__in=beyond).select_related("task__rubric_version").order_by("leased_at", "pk")
    waiting = next((one for one in coming if beyond or one.begun_at or not follow(assignment=one)), None)
    version = (waiting.task.rubric_version if waiting else None) or batch.rubric_version
    news = unseen(version=version, rater=rater)
    return Interlude("change", "label/_change.html", _news_context(news)) if news else None


def _news_context(news: News) -> dict[str, object]:
    return {"news": news, "shown": signing.dumps(timezone.now().timestamp(), salt=SALT)}


def _round(*, batch: Batch, rater: User) -> Interlude | None:
    if batch.mode != Batch.Mode.CALIBRATION:
        return None
    mine = calibrating.round_of(batch=batch, rater=rater)
    return Interlude("round", "label/_round.html", round_context(mine)) if mine.finished else None


def round_context(mine: calibrating.Round) -> dict[str, object]:
    """What the end of a round shows: the figures and the one next step."""
    skill = mine.batch.grants
    offer = offering.next_round(skill=skill, rater=mine.rater) if skill and mine.passed is False else None
    failed = calibrating.failed_rounds(skill_id=skill.pk, rater=mine.rater) if skill else 0
    return {
        "round": mine,
        "again": offer.batch if offer else None,
        "talk": failed >= calibrating.TRIES,
        "grant": skill.grants.filter(user=mine.rater).first() if skill else None,
        "skill": skill,
    }


@login_required
@require_POST
def acknowledge_change(request: HttpRequest, batch_id: int) -> HttpResponse:
    """The rater has read what changed, and perhaps answered the question about it; on to the next item."""
    rater = me(request)
    batch = get_object_or_404(Batch.objects.worked_on_by(rater), pk=batch_id)
    seen = RubricVersion.objects.visible_to(rater).exclude(state=RubricVersion.State.DRAFT)
    version = get_object_or_404(seen, pk=whole_number(request.POST.get("version")) or 0)
    news = unseen(version=version, rater=rater)
    given, answer = whole_number(request.POST.get("check")), {}
    if news and news.check and given is not None:
        answer = {"criterion": news.check.criterion.slug, "given": given, "text_says": news.check.point.value}
    acknowledge(version=version, user=rater, check_answer=answer, ms=_since(request.POST.get("shown", "")))
    return redirect("label", batch.pk)


def _since(shown: str) -> int:
    """Milliseconds since the screen was made; 0 where its stamp is not ours."""
    try:
        return max(0, round((timezone.now().timestamp() - signing.loads(shown, salt=SALT)) * 1000))
    except signing.BadSignature:
        return 0
