"""What a skill rests on: kept in one form, said in the reader's language."""

import re

from django.utils.translation import gettext as _

ROUND = "Batch {batch}: {right} of {n}, bar {bar}"
KEPT = re.compile(r"Batch (?P<batch>\d+): (?P<right>\d+) of (?P<n>\d+), bar (?P<bar>\d+)")


def evidence_of_round(*, batch: int, right: int, n: int, bar: int | None) -> str:
    """What a grant keeps of a passed round: the batch's number, right answers of so many, the bar."""
    return ROUND.format(batch=batch, right=right, n=n, bar=bar)


def evidence_in_words(evidence: str) -> str:
    """The same for a reader; what a lead wrote stays as it is."""
    found = KEPT.fullmatch(evidence)
    return _("Batch %(batch)s: %(right)s of %(n)s, bar %(bar)s") % found.groupdict() if found else evidence
