"""Pairs that a reward model is sure of and people decided otherwise: their texts, and where a lead rules on them."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from annotation.models import PreferencePair
from training.models import TrainingRun
from training.numbers import percent
from training.reports import number

SHOWN = 50


@dataclass(frozen=True)
class ConfidentError:
    """P of what the model preferred, how many people were against it, both texts, and the item's page."""

    p: str
    against: str
    ask: str
    model_text: str
    people_text: str
    model_name: str
    people_name: str
    url: str


def confident_errors(run: TrainingRun, *, most: int = SHOWN) -> list[ConfidentError]:
    """The run's `worst`, surest first, as far as their pairs are in its preference set. One query."""
    worst: list[dict[str, Any]] = (run.result.get("worst") or [])[:most]
    if run.preference_set is None or not worst:
        return []
    asked = {digest for entry in worst for digest in (entry.get("preferred"), entry.get("other"))}
    pairs = PreferencePair.objects.filter(
        preference_set=run.preference_set,
        prompt__digest__in={entry.get("prompt") for entry in worst},
        first__digest__in=asked,
        second__digest__in=asked,
    ).select_related("prompt", "first", "second", "task__batch")
    known = {(pair.prompt.digest, frozenset((pair.first.digest, pair.second.digest))): pair for pair in pairs}
    found = []
    for entry in worst:
        digests = frozenset((str(entry.get("preferred")), str(entry.get("other"))))
        pair = known.get((str(entry.get("prompt")), digests))
        p = number(entry.get("p"))
        if pair is not None and p is not None:
            found.append(_error(run.project.slug, pair, str(entry.get("preferred")), p))
    return found


def _error(slug: str, pair: PreferencePair, preferred: str, p: float) -> ConfidentError:
    of_people, of_model = (pair.first, pair.second) if pair.first.digest == preferred else (pair.second, pair.first)
    wins = pair.wins_first if of_people is pair.first else pair.wins_second
    judged = pair.wins_first + pair.ties + pair.wins_second
    asked = (message["content"] for message in reversed(pair.prompt.messages) if message["role"] == "user")
    return ConfidentError(
        p=percent(1 - p),
        against=f"{wins} of {judged} against",
        ask=next(asked, ""),
        model_text=of_model.text,
        people_text=of_people.text,
        model_name=of_model.model_tag,
        people_name=of_people.model_tag,
        url=reverse("adjudication", args=[slug, pair.task.batch.number, pair.task.number]),
    )
