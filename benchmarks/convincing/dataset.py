"""UKPConvArg1 (Habernal and Gurevych, ACL 2016) as preference groups: a topic is a prompt, its arguments the responses.

Read from a folder of arguments.jsonl, pairs.csv, votes_long.csv and upstream_ranking.csv. Pairs of arguments of one
topic were judged by five people each; MACE made a gold label of the five votes.
"""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from annotation.agreement.columns import columns_of
from annotation.agreement.targets import targets_of
from training.rlhf.records import Group, Messages, Pair, Response

OUTCOMES = ("a", "tie", "b")
LABELS = ("gold", "votes", "reliable", "posterior")
"""What a pair teaches: MACE's winner alone, the shares of five votes, votes that weigh raters, or a posterior."""


@dataclass(frozen=True)
class Argument:
    """One argument and its place in the published ranking of its topic; higher is more convincing."""

    id: str
    topic: str
    text: str
    published: float


@dataclass(frozen=True)
class JudgedPair:
    """Two arguments of one topic, MACE's gold label ("" where it has none), and (rater, label) of each vote."""

    id: str
    topic: str
    a: str
    b: str
    gold: str
    votes: tuple[tuple[str, str], ...]

    @property
    def counts(self) -> tuple[int, int, int]:
        """Votes for a, for neither, for b."""
        said = Counter(label for _, label in self.votes)
        return said["a"], said["tie"], said["b"]


@dataclass(frozen=True)
class Convincing:
    """All of it; ``prompts`` are what a topic asks, ``topics`` are in order."""

    topics: tuple[str, ...]
    prompts: dict[str, Messages]
    arguments: dict[str, tuple[Argument, ...]]
    pairs: tuple[JudgedPair, ...]


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def read(folder: Path) -> Convincing:
    """The data set of ``folder``."""
    published = {
        (row["topic"], row["argument"]): float(row["pagerank"]) for row in _rows(folder / "upstream_ranking.csv")
    }
    arguments: dict[str, list[Argument]] = defaultdict(list)
    prompts: dict[str, Messages] = {}
    for line in (folder / "arguments.jsonl").read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        topic, upstream = entry["upstream_id"].split("/")
        # Edges of the graph go from the better argument to the worse, so PageRank is highest for the worst.
        score = -published[topic, upstream.removeprefix("arg")]
        arguments[topic].append(Argument(entry["id"], topic, entry["text"], score))
        asked = f"{entry['debate']}: {entry['stance']}. Give a convincing argument."
        prompts[topic] = ({"role": "user", "content": asked},)
    votes: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in _rows(folder / "votes_long.csv"):
        votes[row["pair"]].append((row["rater"], row["label"]))
    pairs = tuple(
        JudgedPair(row["id"], row["topic"], row["a"], row["b"], row["mace_gold"], tuple(votes[row["id"]]))
        for row in _rows(folder / "pairs.csv")
    )
    return Convincing(
        tuple(sorted(prompts)), prompts, {topic: tuple(own) for topic, own in sorted(arguments.items())}, pairs
    )


def group(data: Convincing, topic: str, pairs: Sequence[Pair]) -> Group:
    """One topic with these pairs, whose i and j are places among its arguments."""
    responses = tuple(Response(argument.id, argument.text) for argument in data.arguments[topic])
    return Group(topic, topic, data.prompts[topic], responses, tuple(pairs), "train")


def gold_groups(data: Convincing, *, ties: bool) -> list[Group]:
    """Every topic with the pairs that have a gold label, as one judgment each; without ``ties`` only the decided.

    A pair is in the slice that says how far its voters agreed.
    """
    held: dict[str, list[Pair]] = {topic: [] for topic in data.topics}
    for pair in data.pairs:
        if pair.gold in ("a", "b") or (ties and pair.gold == "tie"):
            counts = tuple(int(pair.gold == outcome) for outcome in OUTCOMES)
            held[pair.topic].append(_pair(data, pair, counts, slices=(agreement(pair),)))
    return [group(data, topic, pairs) for topic, pairs in held.items()]


def agreement(pair: JudgedPair) -> str:
    """How far those who voted on it agree, in words that name a slice."""
    share = max(pair.counts) / sum(pair.counts)
    if share == 1:
        return "all voters agree"
    return "four in five agree" if share >= 0.75 else "three in five or fewer agree"


def vote_groups(data: Convincing, learned: Collection[str]) -> list[Group]:
    """Every topic with all its pairs and all their votes; what raters are worth is told by ``learned`` topics alone.

    The pairs of other topics have their votes and nothing else.
    """
    known = [pair for pair in data.pairs if pair.topic in learned]
    said = [(pair.id, rater, label) for pair in known for rater, label in pair.votes]
    columns = columns_of(*zip(*said, strict=True), domain=OUTCOMES)
    targets = targets_of(columns)
    place = {str(name): number for number, name in enumerate(columns.unit_names)}
    held: dict[str, list[Pair]] = {topic: [] for topic in data.topics}
    for pair in data.pairs:
        if pair.id not in place:
            held[pair.topic].append(_pair(data, pair, pair.counts))
            continue
        unit = place[pair.id]
        posterior, reliable = (
            None if found is None else (float(found[unit, 0]), float(found[unit, 1]), float(found[unit, 2]))
            for found in (targets.posterior, targets.reliable)
        )
        reliance = float(targets.weights[unit] / targets.raters[unit])
        held[pair.topic].append(
            _pair(data, pair, pair.counts, posterior=posterior, reliable=reliable, reliance=reliance)
        )
    return [group(data, topic, pairs) for topic, pairs in held.items()]


def _pair(data: Convincing, pair: JudgedPair, counts: tuple[int, ...], **others: object) -> Pair:
    """With i before j among the topic's arguments, as groups want them."""
    places = {argument.id: number for number, argument in enumerate(data.arguments[pair.topic])}
    i, j = places[pair.a], places[pair.b]
    if i > j:
        i, j, counts = j, i, counts[::-1]
        for name in ("posterior", "reliable"):
            if isinstance(shares := others.get(name), tuple):
                others[name] = shares[::-1]
    wins_i, ties, wins_j = counts
    return Pair(i, j, wins_i, ties, wins_j, strength=0, judgments=(), **others)  # type: ignore[arg-type]  # by name
