"""A rater's turn in a batch: the choices there are for them, best first."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, cast

from django.db import IntegrityError
from django.db.models import QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from annotation.models import Batch, Bookmark, Slot
from annotation.queueing.bookmarks import KEPT, NEVER, ahead, find_bookmark, returned, state_of
from annotation.queueing.eligibility import given_up, never_held, open_slots, own_round, skilled
from annotation.queueing.families import of_new_prompts
from workforce.compiled import Blanks, Changed, Compiled
from workforce.models import User


@dataclass(frozen=True, slots=True)
class Turn:
    """Who asks for an item of what, with the skills they hold now. A round of calibration has no bookmark."""

    batch: Batch
    rater: User
    skills: frozenset[int]
    bookmark: Bookmark | None
    found_at: tuple[Any, ...] = ()
    reopened: bool = True  # whether slots opened again that the bookmark has not passed
    as_it_was: bool = True  # whether the bookmark stands where it did before the claim

    def keep_bookmark(self) -> None:
        """Save the bookmark if the claim has moved it or counted on it, all at once."""
        if self.bookmark is not None and state_of(bookmark=self.bookmark) != self.found_at:
            self.bookmark.save(update_fields=KEPT)

    def waiting(self) -> QuerySet[Slot]:
        """Open slots of the batch, for whomever."""
        return open_slots(batch=self.batch)

    def fitting(self) -> QuerySet[Slot]:
        """Open slots of items that are for the rater and that they never had."""
        slots = never_held(slots=self._within_skills(), rater=self.rater)
        return of_new_prompts(rows=slots, rater=self.rater) if self.batch.one_per_prompt else slots

    def choices(self, *, again: bool) -> Iterator[QuerySet[Slot]]:
        """New items: what opened again first, then in the batch's order. What the rater gave up comes `again` last,
        so that others get it first.
        """
        new = self.fitting().annotate(had=Value(False))
        if self.bookmark is None:
            yield new.order_by("place", "n")
        else:
            if self.reopened:
                yield returned(slots=new, bookmark=self.bookmark)
            yield ahead(slots=new, bookmark=self.bookmark)
        if again:
            yield self._given_up()

    def take(self, *, again: bool) -> Slot | None:
        """The first slot that nobody else is just taking, of the best choice that has one, leased from now on."""
        if self.bookmark is None:
            return _first_of(self.choices(again=again))
        skills = in_blanks(self.skills)
        taken = _take_new(self.batch.one_per_prompt, len(skills), self.reopened)
        since = {"since": self.bookmark.returned_until or NEVER} if self.reopened else {}
        slot: Any = taken.first(batch=self.batch.pk, rater=self.rater.pk, place=self.bookmark.place, **since, **skills)
        if slot is None:
            return _first_of([self._given_up()]) if again else None
        slot.had = False
        return slot

    def first_below(self, place: int) -> int | None:
        """The first place from the bookmark on, and below this one, with an open slot of an item that is for the rater
        and that they never had, as seen without row locks.
        """
        skills = in_blanks(self.skills)
        found = _places(self.batch.one_per_prompt, len(skills))
        mark = cast(Bookmark, self.bookmark).place
        rows = found.tuples(batch=self.batch.pk, rater=self.rater.pk, place=mark, below=place, **skills)
        return rows[0][0] if rows else None

    def anew(self) -> "Turn":
        """The same turn after leases have been ended."""
        return replace(self, reopened=True)

    def _given_up(self) -> QuerySet[Slot]:
        return given_up(slots=self._within_skills(), rater=self.rater).order_by("place", "n")

    def _within_skills(self) -> QuerySet[Slot]:
        slots = self.waiting().filter(skilled(skills=self.skills))
        return own_round(slots=slots, rater=self.rater) if self.bookmark is None else slots


def skill_blanks(blanks: Blanks, skills: int) -> frozenset[int]:
    """Blanks for so many skills."""
    return frozenset(blanks.key(f"skill {n}") for n in range(skills))


def in_blanks(skills: Collection[int]) -> dict[str, int]:
    """Values for such blanks, as many as there are skills."""
    return {f"skill {n}": skill for n, skill in enumerate(sorted(skills))}


def _first_of(choices: Iterable[QuerySet[Slot]]) -> Slot | None:
    for choice in choices:
        for slot in _first_free(choice).select_related("task"):
            # The conditional update is what decides; on SQLite there are no row locks to rely on.
            if not Slot.objects.filter(pk=slot.pk, state=Slot.State.OPEN).update(state=Slot.State.LEASED):
                raise IntegrityError("the slot was taken between reading and leasing it")
            return slot
    return None


def _first_free(choice: QuerySet[Slot]) -> QuerySet[Slot]:
    return choice.select_for_update(of=("self",), skip_locked=True)[:1]


@cache
def _places(one_per_prompt: bool, skills: int) -> Compiled[Slot]:
    def build(blanks: Blanks) -> QuerySet[Slot]:
        turn = _turn_to_come(blanks, one_per_prompt, skills, reopened=False)
        first = ahead(slots=turn.fitting(), bookmark=cast(Bookmark, turn.bookmark)).filter(
            place__lt=blanks.key("below")
        )
        return first.values_list("place")[:1]  # type: ignore[return-value]  # for tuples

    return Compiled(build)


def _turn_to_come(blanks: Blanks, one_per_prompt: bool, skills: int, *, reopened: bool) -> Turn:
    batch = Batch(pk=blanks.key("batch"), one_per_prompt=one_per_prompt)
    bookmark = Bookmark(place=blanks.key("place"), returned_until=blanks.moment("since") if reopened else None)
    return Turn(batch, blanks.user("rater"), skill_blanks(blanks, skills), bookmark, reopened=reopened)


@cache
def _take_new(one_per_prompt: bool, skills: int, reopened: bool) -> Changed[Slot]:
    """The same of new items, in one statement."""

    def build(blanks: Blanks) -> tuple[QuerySet[Slot], dict[str, str]]:
        turn = _turn_to_come(blanks, one_per_prompt, skills, reopened=reopened)
        first = [Subquery(_first_free(choice).values("pk")) for choice in turn.choices(again=False)]
        best = Coalesce(*first) if reopened else first[0]
        return Slot.objects.filter(pk=best, state=Slot.State.OPEN), {"state": Slot.State.LEASED}

    return Changed(build)


def turn_of(*, batch: Batch, rater: User, skills: frozenset[int], mark: Bookmark | None, reopened: bool) -> Turn:
    """The turn now of the rater, who holds these skills, with their bookmark as it was found and whether slots opened
    again that it has not passed. Whoever asks holds the rater's lock.
    """
    if batch.mode == Batch.Mode.CALIBRATION:
        return Turn(batch, rater, skills, None)
    bookmark, reopened, as_it_was = find_bookmark(batch=batch, rater=rater, skills=skills, mark=mark, reopened=reopened)
    return Turn(batch, rater, skills, bookmark, state_of(bookmark=bookmark), reopened, as_it_was)
