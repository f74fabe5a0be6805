"""How the counts of a frozen set are laid out: one row per split, one column per thing counted."""

from typing import Any

from django import template

from annotation.models.sets import Provenance

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
