"""From judgments to preference groups: per task, who preferred which of two responses, counted in integers.

Shared by freezing (from judgments), verifying (from frozen rows) and the preview. Everything is known by
content and number, never by primary key, so that the bytes are the same on every database.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from django.db.models import Prefetch, QuerySet

from annotation.canonical import canonical_json, digest_of
from annotation.models import Batch, Judgment, Response, Task, TaskResponse
from annotation.models.sets import Provenance
from annotation.opinions import Opinion, Target, opinion_of
from annotation.provenance import Ruling, class_of, rulings_on
from annotation.slicing import group_slices, length_slice, pair_slices, strength_slice

TASKS_AT_ONCE = 500
SHAPE = 2
Split = str
Member = tuple[int, str, str]


@dataclass
class Pair:
    """Judgments between positions i < j of a group; negative strength prefers i.

    Positions are the task's canonical ones; improved responses follow after them, by digest. Where a lead's `ruling`
    decides, the wins are one for what it says, and `votes` are those of the raters: [wins_i, ties, wins_j, strength].
    """

    i: int
    j: int
    wins_i: int = 0
    ties: int = 0
    wins_j: int = 0
    strength: int = 0
    judgments: list[str] = field(default_factory=list)
    judgment_pks: list[int] = field(default_factory=list)
    improved: bool = False
    target: Target | None = None
    provenance: str = ""
    votes: list[int] | None = None
    ruling: int | None = None

    def add(self, *, judgment: Judgment, ranks: Sequence[int]) -> None:
        """Count one judgment; in a ranking one place apart or five is a strength of one."""
        sign = (ranks[self.i] > ranks[self.j]) - (ranks[self.i] < ranks[self.j])
        self.wins_i += sign < 0
        self.ties += sign == 0
        self.wins_j += sign > 0
        self.strength += sign if judgment.strength is None else judgment.strength
        self._rest_on(judgment)

    def add_improved(self, *, judgment: Judgment, strength: int) -> None:
        """Count a judgment whose rater wrote the response at j to be better than the one at i, by so much."""
        self.wins_j += 1
        self.strength += strength
        self._rest_on(judgment)

    def classify(self, *, ruling: Ruling | None) -> None:
        """Say where the answer comes from, and let a ruling that names it decide."""
        votes = (self.wins_i, self.ties, self.wins_j)
        ruled = ruling.on(i=self.i, j=self.j) if ruling and not self.improved else None
        self.provenance = class_of(votes=votes, outcome=ruling.outcome if ruling else "", ruled=ruled)
        if ruling is None or ruled is None or self.provenance != Provenance.ADJUDICATED:
            return
        self.votes, self.ruling = [*votes, self.strength], ruling.pk
        self.wins_i, self.ties, self.wins_j = int(ruled < 0), int(ruled == 0), int(ruled > 0)
        self.strength = ruled

    @property
    def said(self) -> list[int]:
        """How many raters preferred i, neither, j, whoever decided."""
        return self.votes[:3] if self.votes else [self.wins_i, self.ties, self.wins_j]

    def _rest_on(self, judgment: Judgment) -> None:
        self.judgments.append(str(judgment.uid))
        self.judgment_pks.append(judgment.pk)

    def record(self) -> dict[str, Any]:
        """The pair in the group's line; what is as it comes is left out, as before there was provenance."""
        counts = {"wins_i": self.wins_i, "ties": self.ties, "wins_j": self.wins_j}
        known = {"i": self.i, "j": self.j, **counts, "strength": self.strength, "judgments": sorted(self.judgments)}
        if self.provenance:
            known["provenance"] = str(self.provenance)
        if self.votes is not None:
            known["votes"] = dict(zip((*counts, "strength"), self.votes, strict=True))
        said = dict(zip(counts, self.said, strict=True))
        return known | ({"targets": self.target.record(**said)} if self.target else {})


@dataclass
class Group:
    """One task's prompt and responses with every judged pair among them. `members` are (pk, digest, text).

    Responses that raters improved come after the task's own, by digest. `opinions` are the judgments that pairs rest
    on; without them the line has the shape of sets that carry no targets. Sets that were frozen before there were
    slices are not `sliced`.
    """

    task: Task
    id: str
    members: list[Member]
    split: Split
    pairs: list[Pair]
    opinions: list[Opinion] = field(default_factory=list)
    sliced: bool = True

    def slices(self) -> list[str]:
        """Names under which a report shows all pairs of the group."""
        return group_slices(messages=self.task.prompt.messages, source=self.task.prompt.source) if self.sliced else []

    def slices_of(self, pair: Pair) -> list[str]:
        """Names under which a report shows this pair, beside those of the group."""
        tags = [member.response.model_tag for member in self.task.members.all()]
        return pair_slices(tags=tags, i=pair.i, j=pair.j) if self.sliced else []

    def slices_seen_in(self, pair: Pair) -> list[str]:
        """Names under which a report shows this pair for how it was judged, which no line repeats: strength, length."""
        texts = [text for _, _, text in self.members]
        mean = pair.strength / (pair.wins_i + pair.ties + pair.wins_j)
        return [strength_slice(mean), length_slice(len(texts[pair.i]), len(texts[pair.j]))]

    def line(self) -> bytes:
        """The group as one line of the canonical JSONL."""
        record: dict[str, Any] = {
            "group": self.id,
            "prompt": self.task.prompt.digest,
            "messages": messages_of(self.task.prompt.messages),
            "responses": [{"id": digest, "text": text} for _, digest, text in self.members],
            "pairs": [pair.record() | _named(self.slices_of(pair)) for pair in self.pairs],
            "split": self.split,
        }
        if self.opinions:
            ordered = sorted(self.opinions, key=lambda opinion: opinion.judgment)
            record |= {"shape": SHAPE, "rankings": [opinion.record() for opinion in ordered]}
        return line_of(record | _named(self.slices()))


def _named(slices: list[str]) -> dict[str, list[str]]:
    """Slices as part of a record, if there are any."""
    return {"slices": slices} if slices else {}


def line_of(record: dict[str, Any]) -> bytes:
    """A record as a line of canonical JSONL."""
    return canonical_json(record) + b"\n"


def messages_of(messages: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    """Role and content of each message, whatever else was stored."""
    return [{"role": message["role"], "content": message["content"]} for message in messages]


def split_of(*, prompt_digest: str, seed: int) -> Split:
    """train, validation or test in about 80 : 10 : 10, decided by the prompt alone."""
    tenth = int.from_bytes(hashlib.sha256(f"{seed}:{prompt_digest}".encode()).digest()[:8], "big") % 10
    return "train" if tenth < 8 else "validation" if tenth == 8 else "test"


def tasks_in_order(*, tasks: QuerySet[Task]) -> Iterator[tuple[str, Task]]:
    """(group id, task) of these tasks, ordered by prompt digest and group id.

    Only digests are held for all; the tasks come in chunks with prompt, batch and members at hand.
    """
    digests: dict[int, list[str]] = {}
    heads: dict[int, tuple[str, int, int]] = {}
    columns = ("pk", "prompt__digest", "batch__number", "number", "members__response__digest")
    for pk, prompt, batch, number, response in tasks.order_by("pk", "members__position").values_list(*columns):
        heads[pk] = (prompt, batch, number)
        digests.setdefault(pk, []).append(response or "")
    order = sorted((head[0], digest_of([*head, digests[pk]]), pk) for pk, head in heads.items())
    for start in range(0, len(order), TASKS_AT_ONCE):
        part = order[start : start + TASKS_AT_ONCE]
        members = Prefetch("members", TaskResponse.objects.select_related("response"))
        rows = Task.objects.select_related("prompt", "batch").prefetch_related(members)
        at_hand = rows.in_bulk([pk for _, _, pk in part])
        for _, group, pk in part:
            yield group, at_hand[pk]


def groups_of(
    *,
    batches: Sequence[Batch],
    min_judgments: int,
    seed: int,
    rulings: bool = True,
    left_out: Counter[str] | None = None,
    lane: str = Task.Lane.WORK,
) -> Iterator[Group]:
    """The groups of the batches' current judgments that hold at least one pair.

    A pair stays out with fewer judgments than min_judgments, or if both texts are the same; `left_out` counts
    these, the judgments without an opinion, those given after somebody else took the slot, and the voided. Gold and
    repeats are no groups, unless their lane is asked for. Pairs of items that a lead ruled broken are counted as
    "voided_pairs" and stay out; with `rulings` a ruling that names the right answer decides its pairs
    (annotation.provenance). An improved response is preferred to the one it improves and to all below that, wherever
    its task has judgments enough.
    """
    out: Counter[str] = Counter() if left_out is None else left_out
    chunk: list[tuple[str, Task]] = []
    for entry in tasks_in_order(tasks=Task.objects.filter(batch__in=batches, lane=lane)):
        chunk.append(entry)
        if len(chunk) == TASKS_AT_ONCE:
            yield from _judged(chunk, min_judgments, seed, rulings, out)
            chunk = []
    yield from _judged(chunk, min_judgments, seed, rulings, out)


def _judged(chunk: list[tuple[str, Task]], least: int, seed: int, rulings: bool, out: Counter[str]) -> Iterator[Group]:
    said: dict[int, list[tuple[Judgment, list[int]]]] = {}
    judgments = Judgment.objects.current().filter(task__in=[task.pk for _, task in chunk]).order_by("uid")
    for judgment in judgments.select_related("improved", "voided").prefetch_related("placements"):
        if hasattr(judgment, "voided"):
            out["voided_judgments"] += 1
            continue
        if judgment.surplus:
            out["surplus_judgments"] += 1
            continue
        if judgment.cant_judge:
            out["judgments_without_opinion"] += 1
            continue
        ranks = [placement.rank for placement in judgment.placements.all()]
        said.setdefault(judgment.task_id, []).append((judgment, ranks))
    ruled = rulings_on(tasks=[task.pk for _, task in chunk], broken_only=not rulings)
    for group, task in chunk:
        members, opinions = members_of(task), said.get(task.pk, [])
        pairs = []
        for i, j in combinations(range(len(members)), 2):
            pair = Pair(i, j)
            for judgment, ranks in opinions:
                if not (judgment.best_worst and ranks[i] == ranks[j]):
                    pair.add(judgment=judgment, ranks=ranks)
            if members[i][2] == members[j][2]:
                out["pairs_of_equal_texts"] += 1
            elif len(pair.judgments) < least:
                out["pairs_with_too_few_judgments"] += 1
            else:
                pairs.append(pair)
        if len(opinions) >= least:
            improved = [judgment.improved for judgment, _ in opinions if judgment.improved is not None]
            members = with_improved(members=members, improved=improved)
            pairs = sorted([*pairs, *_improved_pairs(members, opinions)], key=lambda pair: (pair.i, pair.j))
        for pair in pairs:
            pair.classify(ruling=ruled.get(task.pk))
        voided = [pair for pair in pairs if pair.provenance == Provenance.VOIDED]
        if voided:  # an item is broken as a whole
            out["voided_pairs"] += len(voided)
        elif pairs:
            split = split_of(prompt_digest=task.prompt.digest, seed=seed)
            yield Group(task, group, members, split, pairs, _opinions(members, pairs, opinions))


def _opinions(members: list[Member], pairs: list[Pair], opinions: list[tuple[Judgment, list[int]]]) -> list[Opinion]:
    """Those that a pair rests on, over all members."""
    places = {pk: position for position, (pk, _, _) in enumerate(members)}
    counted = {pk for pair in pairs for pk in pair.judgment_pks}
    return [
        opinion_of(judgment=judgment, ranks=ranks, members=places)
        for judgment, ranks in opinions
        if judgment.pk in counted
    ]


def _improved_pairs(members: list[Member], opinions: list[tuple[Judgment, list[int]]]) -> list[Pair]:
    """Improved over chosen by one, improved over rejected by as much as chosen over rejected."""
    place = {pk: n for n, (pk, _, _) in enumerate(members)}
    found: dict[tuple[int, int], Pair] = {}
    for judgment, ranks in opinions:
        if judgment.improved_id is None:
            continue
        j = place[judgment.improved_id]
        for i, rank in enumerate(ranks):
            pair = found.setdefault((i, j), Pair(i, j, improved=True))
            strength = 1 if rank == 1 else abs(judgment.strength or 1)
            pair.add_improved(judgment=judgment, strength=strength)
    return list(found.values())


def with_improved(*, members: list[Member], improved: Iterable[Response]) -> list[Member]:
    """The task's own responses, then those that raters improved, each once, by digest."""
    own = {pk for pk, _, _ in members}
    more = {response.digest: (response.pk, response.digest, response.text) for response in improved}
    return members + [more[digest] for digest in sorted(more) if more[digest][0] not in own]


def members_of(task: Task) -> list[Member]:
    """(primary key, digest, text) of the task's responses in canonical order."""
    return [(member.response.pk, member.response.digest, member.response.text) for member in task.members.all()]
