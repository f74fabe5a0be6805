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
from annotation.models import Batch, Judgment, Task, TaskResponse

TASKS_AT_ONCE = 500
Split = str


@dataclass
class Pair:
    """Judgments between canonical positions i < j of a task; negative strength prefers i."""

    i: int
    j: int
    wins_i: int = 0
    ties: int = 0
    wins_j: int = 0
    strength: int = 0
    judgments: list[str] = field(default_factory=list)
    judgment_pks: list[int] = field(default_factory=list)

    def add(self, *, judgment: Judgment, ranks: Sequence[int]) -> None:
        """Count one judgment; in a ranking one place apart or five is a strength of one."""
        sign = (ranks[self.i] > ranks[self.j]) - (ranks[self.i] < ranks[self.j])
        self.wins_i += sign < 0
        self.ties += sign == 0
        self.wins_j += sign > 0
        self.strength += sign if judgment.strength is None else judgment.strength
        self.judgments.append(str(judgment.uid))
        self.judgment_pks.append(judgment.pk)


@dataclass
class Group:
    """One task's prompt and responses with every judged pair among them. `members` are (pk, digest, text)."""

    task: Task
    id: str
    members: list[tuple[int, str, str]]
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
    these, and the judgments without an opinion.
    """
    out: Counter[str] = Counter() if left_out is None else left_out
    chunk: list[tuple[str, Task]] = []
    for entry in tasks_in_order(tasks=Task.objects.filter(batch__in=batches)):
        chunk.append(entry)
        if len(chunk) == TASKS_AT_ONCE:
            yield from _judged(chunk, min_judgments, seed, out)
            chunk = []
    yield from _judged(chunk, min_judgments, seed, out)


def _judged(chunk: list[tuple[str, Task]], least: int, seed: int, out: Counter[str]) -> Iterator[Group]:
    said: dict[int, list[tuple[Judgment, list[int]]]] = {}
    judgments = Judgment.objects.current().filter(task__in=[task.pk for _, task in chunk]).order_by("uid")
    for judgment in judgments.prefetch_related("placements"):
        if judgment.cant_judge:
            out["judgments_without_opinion"] += 1
            continue
        ranks = [placement.rank for placement in judgment.placements.all()]
        said.setdefault(judgment.task_id, []).append((judgment, ranks))
    for group, task in chunk:
        members = members_of(task)
        pairs = []
        for i, j in combinations(range(len(members)), 2):
            pair = Pair(i, j)
            for judgment, ranks in said.get(task.pk, ()):
                pair.add(judgment=judgment, ranks=ranks)
            if members[i][2] == members[j][2]:
                out["pairs_of_equal_texts"] += 1
            elif len(pair.judgments) < least:
                out["pairs_with_too_few_judgments"] += 1
            else:
                pairs.append(pair)
        if pairs:
            yield Group(task, group, members, split_of(prompt_digest=task.prompt.digest, seed=seed), pairs)


def members_of(task: Task) -> list[tuple[int, str, str]]:
    """(primary key, digest, text) of the task's responses in canonical order."""
    return [(member.response.pk, member.response.digest, member.response.text) for member in task.members.all()]
