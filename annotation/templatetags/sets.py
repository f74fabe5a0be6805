"""How the counts of a frozen set are laid out: one row per split, one column per thing counted."""

from typing import Any

from django import template

from annotation.models import PreferencePair
from annotation.models.sets import Provenance
from annotation.opinions import MILLION
from annotation.target_rows import target_of as target_row_of

register = template.Library()
WORDS = {"groups": "items"}
ORDER = ("train", "validation", "test")


@register.simple_tag
def splits_of(counts: dict[str, Any]) -> dict[str, Any]:
    """`rows` of figures by split, their `columns`, the `whole` of the first column, and what was `left_out`.

    `provenance` is where the answers of the pairs come from, with how many of them, `classed` how many in all.
    """
    by_split: dict[str, dict[str, int]] = counts.get("by_split") or {}
    by_split = {
        split: figures if isinstance(figures, dict) else {"items": figures} for split, figures in by_split.items()
    }
    columns = list(dict.fromkeys(name for figures in by_split.values() for name in figures))
    names = [split for split in ORDER if split in by_split] + [split for split in by_split if split not in ORDER]
    rows = [
        {
            "split": split,
            "figures": [by_split[split].get(column, 0) for column in columns],
            "share_of": by_split[split].get(columns[0], 0) if columns else 0,
        }
        for split in names
    ]
    left_out = [(reason.replace("_", " "), n) for reason, n in (counts.get("left_out") or {}).items() if n]
    provenance = counts.get("provenance") or {}
    return {
        "rows": rows,
        "columns": [WORDS.get(column, column) for column in columns],
        "whole": sum(row["share_of"] for row in rows),
        "left_out": left_out,
        "provenance": [(kind.label, provenance[kind.value]) for kind in Provenance if provenance.get(kind.value)],
        "classed": sum(provenance.values()),
    }


@register.simple_tag
def target_of(pair: PreferencePair) -> str:
    """A pair's target in a sentence: first, tie, second; empty in a set without targets."""
    target = target_row_of(row=pair)
    if target is None:
        return ""
    by = "the panel’s answer" if target.gold else "posterior"
    posterior = f"{_shares(target.posterior)} by {by}; " if target.posterior else ""
    whole = f"First, tie, second: {posterior}{_shares(target.reliable)} weighing raters."
    return f"{whole} Worth {target.weight / MILLION:.2f} votes of {target.raters}."


def _shares(shares: tuple[int, int, int]) -> str:
    return " / ".join(f"{share / MILLION:.0%}" for share in shares).replace("%", " %")
