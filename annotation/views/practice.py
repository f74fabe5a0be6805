"""Practice rounds that grant a skill, in words: how many items, about how long, where to start."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import ngettext

from annotation.models import Batch
from annotation.offering import Offer, next_round
from annotation.qualifying import skills_held
from workforce.models import User

MINUTES_PER_ITEM = 1.5


@dataclass(frozen=True, slots=True)
class Practice:
    """A calibration batch that the rater could do for a skill they lack; `items` are those still to do."""

    items: int
    started: bool
    url: str

    @property
    def size(self) -> str:
        """10 practice items (about 15 minutes, paid)"""
        return ngettext(
            "%(items)d practice item (about %(minutes)d minutes, paid)",
            "%(items)d practice items (about %(minutes)d minutes, paid)",
            self.items,
        ) % {"items": self.items, "minutes": max(1, round(self.items * MINUTES_PER_ITEM))}


def practice_for(*, batch: Batch, rater: User) -> Practice | None:
    """The round that grants the first of the skills that the rater lacks for the batch, if one is open for them."""
    lacking = batch.requires.exclude(pk__in=skills_held(rater=rater)).order_by("name")
    offers = (next_round(skill=skill, rater=rater) for skill in lacking)
    return next((practice_of(offer) for offer in offers if offer), None)


def practice_of(offer: Offer) -> Practice:
    return Practice(offer.left, offer.begun, reverse("label", args=[offer.batch.pk]))
