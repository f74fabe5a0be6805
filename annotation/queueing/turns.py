"""A rater's turn in a batch: the choices there are for them, best first."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from django.db.models import QuerySet, Value

from annotation.models import Batch, Bookmark, Slot
from annotation.models.tasks import Kept
from annotation.queueing.bookmarks import KEPT, ahead, find_bookmark, returned, state_of
from annotation.queueing.eligibility import given_up, never_held, open_slots, own_round, skilled
from annotation.queueing.families import of_new_prompts
from workforce.compiled import Blanks, Compiled
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

    def keep_bookmark(self) -> None:
        """Save the bookmark if the claim has moved it or counted on it, all at once."""
        if self.bookmark is not None and state_of(bookmark=self.bookmark) != self.found_at:
            self.bookmark.save(update_fields=KEPT)

    def kept(self) -> Kept | None:
        """How far the rater was, as the bookmark says; to be given an item changes nothing of it."""
        answered = getattr(self.bookmark, "answered", None)  # none of one just made
        mark = self.bookmark
        return Kept(answered, mark.total, mark.at_least, mark.counted_at) if mark and answered is not None else None

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
            yield given_up(slots=self._within_skills(), rater=self.rater).order_by("place", "n")

    def best(self, *, again: bool) -> Iterator[Slot]:
        """Of each choice the first slot that nobody else is just taking, locked, with its task and prompt."""
        if self.bookmark is None or self.reopened:
            for choice in self.choices(again=again):
                yield from _first_free(choice)
            return
        skills = {f"skill {n}": skill for n, skill in enumerate(self.skills)}
        found = _first_ahead(self.batch.one_per_prompt, len(skills))
        yield from found(batch=self.batch.pk, rater=self.rater.pk, place=self.bookmark.place, **skills)
        if again:
            yield from _first_free([*self.choices(again=True)][-1])

    def anew(self) -> "Turn":
        """The same turn after leases have been ended."""
        return replace(self, reopened=True)

    def _within_skills(self) -> QuerySet[Slot]:
        slots = self.waiting().filter(skilled(skills=self.skills))
        return own_round(slots=slots, rater=self.rater) if self.bookmark is None else slots


def _first_free(choice: QuerySet[Slot]) -> QuerySet[Slot]:
    return choice.select_for_update(of=("self",), skip_locked=True).select_related("task__prompt")[:1]


@cache
def _first_ahead(one_per_prompt: bool, skills: int) -> Compiled[Slot]:
    def build(blanks: Blanks) -> QuerySet[Slot]:
        batch = Batch(pk=blanks.key("batch"), one_per_prompt=one_per_prompt)
        bookmark = Bookmark(place=blanks.key("place"))
        held = frozenset(blanks.key(f"skill {n}") for n in range(skills))
        [choice] = Turn(batch, blanks.user("rater"), held, bookmark, reopened=False).choices(again=False)
        return _first_free(choice)

    return Compiled(build)


def turn_of(*, batch: Batch, rater: User, skills: frozenset[int]) -> Turn:
    """The turn now of the rater, who holds these skills. Whoever asks holds the rater's lock."""
    if batch.mode == Batch.Mode.CALIBRATION:
        return Turn(batch, rater, skills, None)
    bookmark, reopened = find_bookmark(batch=batch, rater=rater, skills=skills)
    return Turn(batch, rater, skills, bookmark, state_of(bookmark=bookmark), reopened)
