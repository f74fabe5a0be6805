"""Under which names a report shows a group and its pairs apart: where they come from, how they look, whose they are.

Only what is written once and never changed may name a slice: the bytes of a frozen set are computed again from rows.
"""

from collections.abc import Iterable, Mapping, Sequence

# Blocks of Unicode, so that no new version of a character table ever changes a frozen set.
SCRIPTS: tuple[tuple[str, tuple[tuple[int, int], ...]], ...] = (
    ("Latin", ((0x41, 0x5A), (0x61, 0x7A), (0xC0, 0x24F), (0x1E00, 0x1EFF))),
    ("Greek", ((0x370, 0x3FF), (0x1F00, 0x1FFF))),
    ("Cyrillic", ((0x400, 0x52F),)),
    ("Hebrew", ((0x590, 0x5FF),)),
    ("Arabic", ((0x600, 0x6FF), (0x750, 0x77F), (0xFB50, 0xFDFF), (0xFE70, 0xFEFE))),
    ("Indic", ((0x900, 0xDFF),)),
    ("Thai", ((0xE00, 0xE7F),)),
    ("Japanese kana", ((0x3040, 0x30FF),)),
    ("Hangul", ((0x1100, 0x11FF), (0xAC00, 0xD7AF))),
    ("Han", ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0x20000, 0x2FA1F))),
)
MOST_LETTERS = 2000


def script_of(text: str) -> str:
    """The script of most of the text's first letters; empty without one that is known. Kana make it Japanese."""
    counts = dict.fromkeys((name for name, _ in SCRIPTS), 0)
    for letter in text[:MOST_LETTERS]:
        code = ord(letter)
        for name, ranges in SCRIPTS:
            if any(low <= code <= high for low, high in ranges):
                counts[name] += 1
                break
    if counts["Japanese kana"] and counts["Japanese kana"] + counts["Han"] > counts["Latin"]:
        return "Japanese kana"
    name, most = max(counts.items(), key=lambda item: item[1])
    return name if most else ""


def group_slices(*, messages: Iterable[Mapping[str, str]], source: str) -> list[str]:
    """“Source: …”, “Script: …” of what was asked, and “Turns: …”, as far as each is known."""
    said = [message["content"] for message in messages if message["role"] == "user"]
    script = script_of(said[-1]) if said else ""
    found = [f"Source: {source}"] if source else []
    found += [f"Script: {script}"] if script else []
    return [*found, "Turns: one" if len(said) < 2 else "Turns: several"]


def pair_slices(*, tags: Sequence[str], i: int, j: int) -> list[str]:
    """“Models: …” of a pair of responses, from the model tags of the task's own; what is beyond them people wrote."""
    if max(i, j) >= len(tags):
        return ["Answers: improved by people"]
    first, second = sorted((tags[i], tags[j]))
    if not first or not second:
        return []
    return [f"Models: {first}, both"] if first == second else [f"Models: {first} and {second}"]


MATCHED = 0.8
"""Answers are about equally long when the shorter has this share of the longer."""
STRENGTHS = ("slight preference", "clear preference", "strong preference")


def strength_slice(mean: float) -> str:
    """How strong a preference is on average, from its mean grade; the sign says nothing."""
    return STRENGTHS[min(2, max(0, int(abs(mean) + 0.5) - 1))]


def length_slice(first: int, second: int) -> str:
    """How much longer the longer of two answers is, from their characters."""
    ratio = max(first, second) / max(1, min(first, second))
    if ratio <= 1 / MATCHED:
        return "about equally long"
    return "up to twice as long" if ratio <= 2 else "more than twice as long"
