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

TASKS_AT_ONCE = 500
Split = str
Member = tuple[int, str, str]


@dataclass
class Pair:
    """Judgments between positions i < j of a group; negative strength prefers i.

    Positions are the task's canonical ones; improved responses follow after them, by digest.
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

    def _rest_on(self, judgment: Judgment) -> None:
        self.judgments.append(str(judgment.uid))
        self.judgment_pks.append(judgment.pk)


@dataclass
class Group:
    """One task's prompt and responses with every judged pair among them. `members` are (pk, digest, text).

    Responses that raters improved come after the task's own, by digest.
    """

    task: Task
    id: str
    members: list[Member]
    split: Split
    pairs: list[Pair]

    def line(self) -> bytes:
        """The group as one line of the canonical JSONL."""
        return line_of(
            {
                "group": self.id,
                "prompt": self.task.prompt.digest,
                "messages": messages_of(self.task.prompt.messages),
                "responses": [{"id": digest, "text": text} for _, digest, text in self.members],
                "pairs": [
                    {
                        "i": pair.i,
                        "j": pair.j,
                        "wins_i": pair.wins_i,
                        "ties": pair.ties,
                        "wins_j": pair.wins_j,
                        "strength": pair.strength,
                        "judgments": sorted(pair.judgments),
                    }
                    for pair in self.pairs
                ],
                "split": self.split,
            }
        )


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
    *, batches: Sequence[Batch], min_judgments: int, seed: int, left_out: Counter[str] | None = None
) -> Iterator[Group]:
    """The groups of the batches' current judgments that hold at least one pair.

    A pair stays out with fewer judgments than min_judgments, or if both texts are the same; `left_out` counts
    these, the judgments without an opinion, those given after somebody else took the slot, and the voided. Gold and
    repeats are no groups. An improved response is preferred to the one it improves and to all below that, wherever its
    task has judgments enough.
    """
    out: Counter[str] = Counter() if left_out is None else left_out
    chunk: list[tuple[str, Task]] = []
    for entry in tasks_in_order(tasks=Task.objects.work().filter(batch__in=batches)):
        chunk.append(entry)
        if len(chunk) == TASKS_AT_ONCE:
            yield from _judged(chunk, min_judgments, seed, out)
            chunk = []
    yield from _judged(chunk, min_judgments, seed, out)


def _judged(chunk: list[tuple[str, Task]], least: int, seed: int, out: Counter[str]) -> Iterator[Group]:
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
        if pairs:
            yield Group(task, group, members, split_of(prompt_digest=task.prompt.digest, seed=seed), pairs)


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
