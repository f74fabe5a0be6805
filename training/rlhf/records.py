"""The JSONL records that loops read, and streaming readers whose errors name file, line and field.

Reading only; the canonical writing of a preference set is the annotation app's business.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol, TypeVar

from .failures import DataError

SPLITS = ("train", "validation", "test")
MOST_IN_A_GROUP = 109
"""Nine that were compared, and one improved by each of a hundred raters."""
MILLION = 1_000_000
VOTES = ("wins_i", "ties", "wins_j")
SHAPES = (1, 2)
"""1 has votes alone; 2 has targets beside them, and rankings that say who gave which."""
Messages = tuple[dict[str, str], ...]


@dataclass(frozen=True)
class Response:
    """One response; ``id`` is the digest of its text."""

    id: str
    text: str


@dataclass(frozen=True)
class Pair:
    """Judgments between responses i < j of one group, as counts; negative strength prefers i.

    ``posterior`` is what a model of the raters makes of them, P(i), P(tie), P(j), where the file has it. ``reliable``
    are shares of the judgments that weigh each by how far its rater is relied on, and ``reliance`` is the mean of those
    weights, in (0, 1]; where a lead's ruling decides, it is the one judgment and none are weighed. ``slices`` are names
    under which a report shows this pair, beside those of its group.
    """

    i: int
    j: int
    wins_i: int
    ties: int
    wins_j: int
    strength: int
    judgments: tuple[str, ...]
    posterior: tuple[float, float, float] | None = None
    reliable: tuple[float, float, float] | None = None
    reliance: float = 1.0
    slices: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """Judgments in all."""
        return self.wins_i + self.ties + self.wins_j


@dataclass(frozen=True)
class Ranking:
    """One rater's places for a group's responses, in their order: 1 is best, equal places tie, None was not placed.

    A judged pair is a ranking of two. ``weight`` is how often it counts, ``reliability`` in (0, 1] how far the rater is
    relied on where a run asks for that. ``partial``: equal places were not compared, and are no tie.
    """

    rater: str
    places: tuple[int | None, ...]
    weight: float = 1.0
    reliability: float = 1.0
    partial: bool = False


@dataclass(frozen=True)
class Group:
    """One prompt's 2 to 9 responses with every judged pair among them, and what raters made better of them.

    ``rankings`` tell, where the file has them, who said what; ``weight`` is what the group counts in a loss, and
    ``slices`` are names under which a report shows it.
    """

    group: str
    prompt: str
    messages: Messages
    responses: tuple[Response, ...]
    pairs: tuple[Pair, ...]
    split: str
    rankings: tuple[Ranking, ...] = ()
    weight: float = 1.0
    slices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Demonstration:
    """One response written by a person."""

    demonstration: str
    prompt: str
    messages: Messages
    response: str
    split: str


@dataclass(frozen=True)
class Prompt:
    """A prompt to respond to."""

    prompt: str
    messages: Messages


@dataclass(frozen=True)
class Pool:
    """One prompt's unjudged responses, to be scored."""

    prompt: str
    messages: Messages
    responses: tuple[Response, ...]


@dataclass(frozen=True)
class Trial:
    """One prompt of a benchmark with right and wrong responses; in the subset Ties the id is tied:… or ref:…"""

    id: str
    subset: str
    messages: Messages
    right: tuple[str, ...]
    wrong: tuple[str, ...]


def _need(value: dict[str, Any], key: str, kind: type) -> Any:
    if key not in value:
        raise ValueError(f"{key} is missing")
    found = value[key]
    if not isinstance(found, kind) or isinstance(found, bool):
        raise ValueError(f"{key} must be a {kind.__name__}")
    return found


def _text(value: dict[str, Any], key: str) -> str:
    found: str = _need(value, key, str)
    if not found:
        raise ValueError(f"{key} is empty")
    return found


def _messages(value: dict[str, Any]) -> Messages:
    found = _need(value, "messages", list)
    if not found:
        raise ValueError("messages is empty")
    for message in found:
        if not isinstance(message, dict) or set(message) != {"role", "content"}:
            raise ValueError("each message must have exactly role and content")
        _text(message, "role")
        _need(message, "content", str)
    return tuple({"role": m["role"], "content": m["content"]} for m in found)


def _split(value: dict[str, Any]) -> str:
    found = _text(value, "split")
    if found not in SPLITS:
        raise ValueError(f"split must be one of {', '.join(SPLITS)}, not {found!r}")
    return found


def _responses(value: dict[str, Any], least: int, most: int = 9) -> tuple[Response, ...]:
    found = _need(value, "responses", list)
    if not least <= len(found) <= most:
        raise ValueError(f"responses must hold {least} to {most} entries, not {len(found)}")
    if not all(isinstance(r, dict) for r in found):
        raise ValueError("each response must be an object")
    return tuple(Response(id=_text(r, "id"), text=_need(r, "text", str)) for r in found)


def _pair(value: Any, size: int) -> Pair:
    if not isinstance(value, dict):
        raise ValueError("each pair must be an object")
    numbers = {key: _need(value, key, int) for key in ("i", "j", "wins_i", "ties", "wins_j", "strength")}
    if not 0 <= numbers["i"] < numbers["j"] < size:
        raise ValueError(f"pair must have 0 <= i < j < {size}, not i={numbers['i']}, j={numbers['j']}")
    counts = numbers["wins_i"], numbers["ties"], numbers["wins_j"]
    if min(counts) < 0 or sum(counts) == 0:
        raise ValueError("counts of a pair must be 0 or more and not all 0")
    judgments = tuple(_need(value, "judgments", list))
    if "targets" not in value:
        return Pair(**numbers, judgments=judgments, posterior=_posterior(value), slices=_slices(value))
    told = _need(value, "targets", dict)
    weight = _need(told, "weight", int) / MILLION
    votes = sum(_need(value["votes"], name, int) for name in VOTES) if "votes" in value else sum(counts)
    if not 0 < weight <= votes:
        raise ValueError("weight of a pair's targets must be above 0, and no more than its judgments, in millionths")
    return Pair(
        **numbers,
        judgments=judgments,
        posterior=_shares(told, "posterior") if told.get("posterior") is not None else None,
        reliable=None if "votes" in value else _shares(told, "reliable"),
        reliance=1.0 if "votes" in value else weight / votes,
        slices=_slices(value),
    )


def _shares(value: dict[str, Any], key: str) -> tuple[float, float, float]:
    """Three whole millionths of one."""
    found = _need(value, key, list)
    whole = [share for share in found if isinstance(share, int) and not isinstance(share, bool) and share >= 0]
    if len(found) != 3 or len(whole) != 3 or sum(whole) != MILLION:
        raise ValueError(f"{key} must be three whole numbers of millionths whose sum is 1000000")
    first, tie, second = (share / MILLION for share in whole)
    return first, tie, second


def _slices(value: dict[str, Any]) -> tuple[str, ...]:
    found = _need(value, "slices", list) if "slices" in value else []
    if not all(isinstance(name, str) and name for name in found):
        raise ValueError("slices must be names")
    return tuple(found)


def _posterior(value: dict[str, Any]) -> tuple[float, float, float] | None:
    if value.get("posterior") is None:
        return None
    shares = _need(value, "posterior", list)
    if len(shares) != 3 or not all(_is_number(share) and share >= 0 for share in shares) or abs(sum(shares) - 1) > 1e-6:
        raise ValueError("posterior must be three numbers of 0 or more whose sum is 1")
    first, tie, second = (float(share) for share in shares)
    return first, tie, second


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _weight(value: dict[str, Any]) -> float:
    found = value.get("weight", 1.0)
    if not _is_number(found) or found < 0:
        raise ValueError("weight must be a number of 0 or more")
    return float(found)


def _ranking(value: Any, size: int) -> Ranking:
    if not isinstance(value, dict):
        raise ValueError("each ranking must be an object")
    places = _need(value, "places", list)
    if len(places) != size:
        raise ValueError(f"places of a ranking must have one entry for each of the {size} responses")
    placed = [place for place in places if place is not None]
    if len(placed) < 2 or not all(isinstance(p, int) and not isinstance(p, bool) and p >= 1 for p in placed):
        raise ValueError("places of a ranking must be whole numbers from 1, at least two, or null")
    relied = _need(value, "reliability", int) / MILLION if "reliability" in value else 1.0
    if not 0 < relied <= 1:
        raise ValueError("reliability must be from 1 to 1000000 millionths")
    partial = value.get("partial", False)
    if not isinstance(partial, bool):
        raise ValueError("partial must be true or false")
    return Ranking(_text(value, "rater"), tuple(places), _weight(value), relied, partial)


def _group(value: dict[str, Any]) -> Group:
    if value.get("shape", 1) not in SHAPES:
        raise ValueError(f"shape {value['shape']!r} is newer than this version reads; update before training on it")
    responses = _responses(value, 2, most=MOST_IN_A_GROUP)
    pairs = tuple(_pair(pair, len(responses)) for pair in _need(value, "pairs", list))
    if not pairs:
        raise ValueError("pairs is empty")
    ruled = any("votes" in pair for pair in value["pairs"])  # what raters said has been decided otherwise
    rankings = _need(value, "rankings", list) if "rankings" in value and not ruled else []
    return Group(
        _text(value, "group"),
        _text(value, "prompt"),
        _messages(value),
        responses,
        pairs,
        _split(value),
        rankings=tuple(_ranking(ranking, len(responses)) for ranking in rankings),
        weight=_weight(value),
        slices=_slices(value),
    )


def _demonstration(value: dict[str, Any]) -> Demonstration:
    return Demonstration(
        _text(value, "demonstration"),
        _text(value, "prompt"),
        _messages(value),
        _text(value, "response"),
        _split(value),
    )


def _prompt(value: dict[str, Any]) -> Prompt:
    return Prompt(_text(value, "prompt"), _messages(value))


def _pool(value: dict[str, Any]) -> Pool:
    return Pool(_text(value, "prompt"), _messages(value), _responses(value, 1))


def _trial(value: dict[str, Any]) -> Trial:
    right, wrong = _need(value, "right", list), _need(value, "wrong", list)
    if not right or not wrong or not all(isinstance(text, str) for text in (*right, *wrong)):
        raise ValueError("right and wrong must each hold at least one text")
    return Trial(_text(value, "id"), _text(value, "subset"), _messages(value), tuple(right), tuple(wrong))


Record = TypeVar("Record")


def _read(path: Path, parse: Callable[[dict[str, Any]], Record]) -> Iterator[Record]:
    path = Path(path)
    if not path.is_file():
        raise DataError(f"The data file {path.name} is not there; nothing was started. Freeze it again.")
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(_decoded(lines, path.name), start=1):
            try:
                value = json.loads(line)
                if not isinstance(value, dict):
                    raise ValueError("the line must be one JSON object")
                record = parse(value)
            except ValueError as error:
                raise DataError(
                    f"{path.name}, line {number}: {error}. Nothing was trained on this file; mend the line."
                ) from error
            yield record


def _decoded(lines: Iterable[str], name: str) -> Iterator[str]:
    try:
        yield from lines
    except UnicodeDecodeError as error:
        raise DataError(f"{name} is not UTF-8 text. Nothing was trained on this file.") from error


def read_groups(path: Path) -> Iterator[Group]:
    """Preference groups, one a line. Raises DataError naming the line."""
    return _read(path, _group)


def read_demonstrations(path: Path) -> Iterator[Demonstration]:
    """Demonstrations, one a line. Raises DataError naming the line."""
    return _read(path, _demonstration)


def read_prompts(path: Path) -> Iterator[Prompt]:
    """Prompts, one a line. Raises DataError naming the line."""
    return _read(path, _prompt)


def read_pool(path: Path) -> Iterator[Pool]:
    """Unjudged responses by prompt, one prompt a line. Raises DataError naming the line."""
    return _read(path, _pool)


def read_trials(path: Path) -> Iterator[Trial]:
    """Prompts of a benchmark, one a line. Raises DataError naming the line."""
    return _read(path, _trial)


class Splitted(Protocol):
    """What has a prompt and a split: groups and demonstrations."""

    @property
    def prompt(self) -> str: ...
    @property
    def split(self) -> str: ...


def check_split(records: Iterable[Splitted]) -> None:
    """Raises DataError when one prompt is in two splits: the test score would be measured on train prompts."""
    seen = sorted({(record.prompt, record.split) for record in records})
    for (prompt, first), (other, second) in pairwise(seen):
        if prompt == other:
            raise DataError(
                f"Prompt {prompt} is in both {first} and {second}; nothing was started. "
                "Freeze the set again so that each prompt is in one split."
            )
