"""The rater's home (R0): the next thing to do, today, what leads wrote, what the rater holds and agrees to see."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from annotation import caring
from annotation.models import Batch, RaterHold
from annotation.qualifying import standing_of
from annotation.raters.noticing import reason_of
from annotation.views.cards import batches_of, cards_of
from annotation.views.inbox import batches_in, letters_of, messages_of, unread_of
from annotation.views.skills import lines_of
from annotation.views.time import today_of
from workforce import consenting
from workforce.scoping import me
from workforce.wellbeing import support
from workforce.wishes import set_preferences

SHOWN_ROUNDS = 3


@login_required
@never_cache
@require_safe
def work(request: HttpRequest) -> HttpResponse:
    rater = me(request)
    messages = messages_of(rater)
    standing = standing_of(rater=rater)
    work = batches_of(rater, standing=standing, named=batches_in(messages))
    batches: list[Any] = [batch for batch, _progress in work]
    consents = consenting.consents_of(user=rater)
    cards = cards_of(work, standing=standing, consents=consents)
    ready = [card for card in cards if card.agreed and not card.practice]
    letters = letters_of(messages, rater, {batch.pk: batch for batch in batches})
    skills = lines_of(standing=standing, batches=work)
    drafted = max((batch.drafted_at for batch in batches if batch.drafted_at), default=None)
    context: dict[str, Any] = {
        "next": ready[0] if ready else None,
        "others": [card for card in cards if card not in ready[:1] and not card.practice],
        "practice": next((line.practice for line in skills if line.practice), None),
        "had": [card.pk for card in cards if card.agreed],
        "drafted": timezone.localtime(drafted) if drafted else None,
        "today": today_of(rater),
        "first": [letter for letter in letters if letter.first],
        "letters": [letter for letter in letters if not letter.first],
        "holds": _holds(batches),
        "paused": [batch for batch in batches if batch.state == Batch.State.PAUSED],
        "skills": skills,
        "contents": _contents(consents),
        "support": support(),
        "rounds": standing.results[:SHOWN_ROUNDS],
    }
    return render(request, "annotation/work_home.html", context)


@login_required
@never_cache
@require_safe
def waiting(request: HttpRequest) -> JsonResponse:
    """How much waits for the rater, for a page that is open: batches with work, messages not read."""
    rater = me(request)
    consents = consenting.consents_of(user=rater)
    standing = standing_of(rater=rater)
    cards = cards_of(batches_of(rater, standing=standing), standing=standing, consents=consents)
    return JsonResponse({"batches": [card.pk for card in cards if card.agreed], "messages": unread_of(rater)})


@login_required
@require_POST
def content(request: HttpRequest) -> HttpResponse:
    """What the rater agrees to see, category by category, and whether it is covered at first."""
    rater = me(request)
    for category in Batch.Category.values:
        up_to = request.POST.get(f"up-to-{category}", "")
        if up_to in ("0", "1", "2", "3"):
            consenting.agree(user=rater, category=category, up_to=int(up_to))
    set_preferences(user=rater, cover_sensitive="cover" in request.POST)
    return redirect(f"{reverse('work')}#content")


@login_required
@require_POST
def notify(request: HttpRequest) -> HttpResponse:
    """Whether the page tells when there is work."""
    rater = me(request)
    set_preferences(user=rater, notify=request.POST.get("notify") == "1")
    return redirect("work")


def _holds(batches: list[Any]) -> list[tuple[Batch, str]]:
    """Why the rater is given nothing new, once for each project, with a batch under which they can reply."""
    by_hold = {batch.on_hold: batch for batch in batches if batch.on_hold}
    found = RaterHold.objects.filter(pk__in=by_hold).order_by("pk") if by_hold else []
    return [(by_hold[hold.pk], reason_of(hold)) for hold in found]


def _contents(agreed: Mapping[str, int]) -> list[dict[str, Any]]:
    """Every category of distressing content, with how severe it may be for somebody with these consents."""
    levels = [(caring.SEVERITY[value], words) for value, words in caring.SEVERITY_WORDS.items()]
    return [
        {"slug": slug, "words": words, "levels": levels, "up_to": agreed.get(slug, 0)}
        for slug, words in caring.CATEGORY_WORDS.items()
    ]
