"""Where the answer of each frozen pair comes from: one class a pair, rulings that decide, votes kept beside them."""

import json
from collections import Counter

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from annotation.adjudicating import withdraw_adjudication
from annotation.exporting import export_preference_set
from annotation.freezing import freeze_preference_set, preview_preference_set, set_path, verify_set
from annotation.models import Adjudication, PreferencePair
from annotation.models.sets import Provenance
from annotation.preferring import Group, Pair
from annotation.provenance import class_of
from tests.annotation.adjudications import AMBIGUOUS, BROKEN, RIGHT, SPLIT, disputed, ruled
from training.rlhf.configs import RewardConfig
from training.rlhf.records import read_groups
from training.rlhf.targets import fitted_counts, reliance, taught_counts

pytestmark = pytest.mark.django_db
VOTES = st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 5)).filter(any)
RULINGS = st.sampled_from([("", None), ("split", None), ("ambiguous", None), ("gap", None), ("broken", None)])
NAMED = st.sampled_from([("right", ruled) for ruled in (-3, -1, 0, 1, 3)])


@given(VOTES, RULINGS | NAMED)
def test_every_pair_is_of_exactly_one_class(votes, ruling):
    outcome, ruled_as = ruling
    n, most = sum(votes), max(votes)
    leads = votes.count(most) == 1
    by_votes = {
        "single": n == 1,
        "unanimous": n > 1 and most == n,
        "majority": n > 1 and most < n and leads and outcome != "split",
        "split": n > 1 and most < n and (not leads or outcome == "split"),
    }
    wanted = {"voided": outcome == "broken", "adjudicated": ruled_as is not None}
    wanted |= {name: holds and not any(wanted.values()) for name, holds in by_votes.items()}
    assert [name for name, holds in wanted.items() if holds] == [class_of(votes=votes, outcome=outcome, ruled=ruled_as)]
    assert set(wanted) == set(Provenance.values)


@pytest.fixture
def batch(project, lena, rubric_version, rosa, rafi, ines):
    votes = [
        [(rosa, -2), (rafi, -1), (ines, -3)],
        [(rosa, -2), (rafi, 2), (ines, -1)],
        [(rosa, -2), (rafi, 2)],
        [(rosa, 1)],
        [(rosa, -1), (rafi, 3), (ines, 2)],  # ruled: A is right
        [(rosa, -1), (rafi, 3), (ines, 2)],  # ruled: split
        [(rosa, -1), (rafi, 3), (ines, 2)],  # ruled: broken
        [(rosa, -1), (rafi, 3), (ines, 2)],  # ruled: ambiguous
        [(rosa, -1), (rafi, 3), (ines, 2)],  # ruled and taken back
    ]
    batch = disputed(project, lena, rubric_version, votes)
    tasks = {task.number: task for task in batch.tasks.select_related("batch__project__team")}
    for number, said in ((5, RIGHT), (6, SPLIT), (7, BROKEN), (8, AMBIGUOUS)):
        ruled(tasks[number], lena, said)
    withdraw_adjudication(adjudication=ruled(tasks[9], lena, RIGHT), actor=lena, reason="No.")
    return batch


def _pairs(frozen) -> dict[int, PreferencePair]:
    return {pair.task.number: pair for pair in frozen.pairs.select_related("task")}


def test_rulings_decide_and_the_votes_stay_beside(project, batch, lena):
    frozen = freeze_preference_set(project=project, name="All", batches=[batch], actor=lena)
    pairs = _pairs(frozen)
    assert {number: pair.provenance for number, pair in pairs.items()} == {
        **{1: "unanimous", 2: "majority", 3: "split", 4: "single", 5: "adjudicated", 6: "split"},
        **{8: "majority", 9: "majority"},
    }
    five = pairs[5]
    assert (five.wins_first, five.ties, five.wins_second, five.strength) == (1, 0, 0, -2)
    assert five.votes == [1, 0, 2, 4] and five.ruling == Adjudication.objects.in_force().get(task=five.task)
    assert five.judgments.count() == 3
    assert frozen.counts["provenance"] == {
        **{"unanimous": 1, "majority": 3, "split": 2, "single": 1, "adjudicated": 1, "voided": 1}
    }
    assert sum(frozen.counts["provenance"].values()) == frozen.counts["pairs"] + 1
    assert frozen.counts["left_out"]["voided_pairs"] == 1
    lines = [json.loads(line) for line in export_preference_set(frozen_set=frozen)]
    told = Counter(pair["provenance"] for line in lines for pair in line["pairs"])
    assert told == Counter(pair.provenance for pair in pairs.values())
    [ruled_line] = [pair for line in lines for pair in line["pairs"] if "votes" in pair]
    assert ruled_line["votes"] == {"wins_i": 1, "ties": 0, "wins_j": 2, "strength": 4}
    assert (ruled_line["wins_i"], ruled_line["strength"]) == (1, -2)
    assert verify_set(frozen_set=frozen)
    assert sum(len(group.pairs) for group in read_groups(set_path(frozen_set=frozen))) == len(pairs)
    assert frozen.human_ceiling["all"]["n_pairs"] > 0


def test_a_run_learns_the_ruling_whatever_it_learns_from(project, batch, lena):
    """The votes stay in the line, and no shares, posteriors or rankings of theirs outweigh what a lead decided."""
    frozen = freeze_preference_set(project=project, name="All", batches=[batch], actor=lena)
    groups = read_groups(set_path(frozen_set=frozen))
    [group] = [group for group in groups if (group.pairs[0].wins_i, group.pairs[0].strength) == (1, -2)]
    [pair] = group.pairs
    assert group.rankings == ()
    for labels in ("counts", "majority", "posterior", "reliable"):
        config = RewardConfig(base="base", labels=labels)
        assert fitted_counts(taught_counts(pair, labels), pair.posterior, config) == (1, 0, 0)
        assert reliance(labels, [pair.reliance]) == 1


def test_by_the_votes_alone(project, batch, lena):
    frozen = freeze_preference_set(project=project, name="Votes", batches=[batch], actor=lena, rulings=False)
    pairs = _pairs(frozen)
    assert 7 not in pairs and (pairs[5].provenance, pairs[6].provenance) == ("majority", "majority")
    assert (pairs[5].wins_first, pairs[5].wins_second, pairs[5].votes, pairs[5].ruling) == (1, 2, None, None)
    assert frozen.filters["rulings"] is False and verify_set(frozen_set=frozen)
    preview = preview_preference_set(project=project, batches=[batch])
    assert preview["provenance"]["adjudicated"] == 1


def test_a_ruled_ranking_decides_each_of_its_pairs(project, lena, rubric_version, rosa, rafi):
    votes = [[(rosa, [1, 2, 3]), (rafi, [3, 2, 1])]]
    batch = disputed(project, lena, rubric_version, votes, kind="ranking", responses=3)
    ruled(batch.tasks.get(), lena, {**RIGHT, "answer": {"ranks": [2, 1, 2]}})
    frozen = freeze_preference_set(project=project, name="Ranks", batches=[batch], actor=lena)
    rows = frozen.pairs.order_by("pk").values_list("wins_first", "ties", "wins_second", "strength", "votes")
    assert list(rows) == [(0, 0, 1, 1, [1, 0, 1, 0]), (0, 1, 0, 0, [1, 0, 1, 0]), (1, 0, 0, -1, [1, 0, 1, 0])]
    assert verify_set(frozen_set=frozen)


def test_a_set_of_before_keeps_its_bytes(project, batch, lena):
    """What was frozen without provenance verifies still: nothing is written where nothing is known."""
    task = batch.tasks.first()
    line = Group(task, "g", [], "train", [Pair(0, 1, wins_i=1)]).line()
    assert b"provenance" not in line and b"votes" not in line


def test_the_database_refuses_voided_pairs_and_rulings_without_votes(project, batch, lena):
    frozen = freeze_preference_set(project=project, name="All", batches=[batch], actor=lena)
    pair = _pairs(frozen)[5]
    row = {"preference_set": frozen, "prompt": pair.prompt, "first": pair.second, "second": pair.first}
    row |= {"task": pair.task, "wins_first": 1, "ties": 0, "wins_second": 0, "strength": 1, "split": "train"}
    for wrong in (
        {"provenance": "voided"},
        {"provenance": "adjudicated"},
        {"provenance": "majority", "ruling": pair.ruling},
        {"provenance": "majority", "ruling": pair.ruling, "votes": [1, 0, 0, 1]},
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            PreferencePair.objects.create(**row, **wrong)


def test_the_page_of_a_set_says_where_its_answers_come_from(client, project, batch, lena):
    frozen = freeze_preference_set(project=project, name="All", batches=[batch], actor=lena)
    client.force_login(lena)
    page = client.get(reverse("preference-set", args=[project.slug, frozen.number])).content.decode()
    for words in ("Where the answer comes from", "Adjudicated", "Ruled by Lena", "said 1 : 2", "1 voided pairs"):
        assert words in page
