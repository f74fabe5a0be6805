"""Figures of real human labels, equal to those that others measured on the same files, and shapes that must hold."""

import numpy as np
import pytest

from annotation.agreement.alpha import measure_alpha
from annotation.agreement.bradley_terry import bradley_terry
from annotation.agreement.chance_corrected import brennan_prediger, fleiss_kappa, gwet_ac
from annotation.agreement.columns import columns_of
from annotation.agreement.dawid_skene import dawid_skene, one_coin
from annotation.agreement.kemeny import kemeny
from annotation.agreement.paired import pair_cells
from annotation.agreement.patterns import count_labels
from annotation.agreement.plackett_luce import plackett_luce
from annotation.agreement.ranking import prompt_order
from annotation.agreement.raw import pair_agreement

pytestmark = pytest.mark.real_data
SIDES = {"a": -1, "tie": 0, "b": 1}


def matrix_columns(rows):
    labels = [(unit, c, v) for unit, row in enumerate(rows) for c, v in row.items() if c.startswith("rater")]
    return tuple(np.array(column) for column in zip(*labels, strict=True))


def test_psychiatric_diagnoses(real_rows):
    units, _, values = matrix_columns(real_rows("r_irr/diagnoses.csv"))
    domain = sorted(set(values.tolist()))
    counts = count_labels(units, values, domain=domain)
    kappa = fleiss_kappa(counts, domain=domain)
    assert kappa.value == pytest.approx(0.4302, abs=5e-5)
    assert (kappa.n_units, kappa.n_labels) == (30, 180)
    assert kappa.value < brennan_prediger(counts, domain=domain).value < gwet_ac(counts, domain=domain).value


def test_pandalm_fleiss_and_raw(real_rows):
    rows = real_rows("pandalm_testset/labels_long.csv")
    counts = count_labels([row["item"] for row in rows], [SIDES[row["label"]] for row in rows], domain=[-1, 0, 1])
    assert fleiss_kappa(counts, domain=[-1, 0, 1]).value == pytest.approx(0.8642, abs=5e-5)
    raw = pair_agreement(counts, domain=[-1, 0, 1])
    assert raw.without_ties.value > raw.with_ties.value > 0.85
    assert raw.exact_grade.value == raw.with_ties.value


def test_dices_and_its_experts(real_rows, real_lines):
    units, raters, values = matrix_columns(real_rows("dices/dices350_matrix.csv"))
    domain = ["No", "Unsure", "Yes"]
    labels = columns_of(units, raters, values, domain=domain)
    alpha = measure_alpha(labels.counts, level="nominal", domain=domain, scope="dices", resamples=0)
    assert alpha.value == pytest.approx(0.1609, abs=5e-5)
    found = dawid_skene(labels)
    assert found.converged
    assert len(found.accuracies) == 123
    assert np.isfinite(found.confusions).all()
    ids = [int(row["item"]) for row in real_rows("dices/dices350_matrix.csv")]
    gold = {row["id"]: domain.index(row["gold"]) for row in real_lines("dices/dices350_expert_gold.jsonl")}
    known = np.array([gold[item] for item in ids])
    taught = dawid_skene(labels, gold=np.where(np.arange(350) % 2 == 0, known, -1))
    assert (taught.values[::2] == known[::2]).all()


def test_arguments_by_strength_are_in_the_order_of_their_authors(real_rows):
    """UKPConvArg1: half-win strengths of a topic's arguments against the published PageRank of the same votes."""
    rows, votes = real_rows("ukpconvarg1/pairs.csv"), real_rows("ukpconvarg1/votes_long.csv")
    assert (len(rows), len(votes)) == (4721, 23_550)
    topic = rows[0]["topic"]
    pairs = {row["id"]: (row["a"], row["b"]) for row in rows if row["topic"] == topic}
    names = sorted({name for pair in pairs.values() for name in pair})
    told = [(*pairs[vote["pair"]], SIDES[vote["label"]] + 1) for vote in votes if vote["pair"] in pairs]
    first, second = ([names.index(row[side]) for row in told] for side in (0, 1))
    found = bradley_terry(pair_cells(first, second, [row[2] for row in told], n_items=len(names)))
    wins = np.zeros(len(names))
    for a, b, outcome in zip(first, second, (row[2] for row in told), strict=True):
        wins[a] += 1 - outcome / 2
        wins[b] += outcome / 2
    assert len(found.items) == len(names)
    assert np.corrcoef(found.values, wins)[0, 1] > 0.9
    assert found.best.min() == 1 and found.worst.max() == len(names)


def test_one_coin_of_arguments_is_near_their_gold(real_rows):
    """MACE, another model of the same votes, gives what is called gold here; they say the same of nine in ten pairs."""
    votes = real_rows("ukpconvarg1/votes_long.csv")
    columns = ([vote[name] for vote in votes] for name in ("pair", "rater", "label"))
    labels = columns_of(*columns, domain=["a", "tie", "b"])
    gold = {row["id"]: row["mace_gold"] for row in real_rows("ukpconvarg1/pairs.csv")}
    known = np.array([["a", "tie", "b", ""].index(gold[str(name)] or "") for name in labels.unit_names])
    found = one_coin(labels).values
    assert (found[known < 3] == known[known < 3]).mean() == pytest.approx(0.90, abs=0.01)


def test_skating_judges(real_lines):
    """Eight or nine judges a contest, with ties: judges agree, and nothing divides by a constant one."""
    contests = {}
    for row in real_lines("preflib/00006_skate.jsonl"):
        if row["complete"]:
            places = {name: place for place, tied in enumerate(row["ranking"]) for name in tied}
            ranks = [places[name] for name in sorted(places)]
            contests.setdefault(row["file"], []).extend([ranks] * row["count"])
    orders = [prompt_order(rankings) for rankings in contests.values() if len(rankings[0]) == len(rankings[-1])]
    assert len(orders) == len(contests) == 48
    assert min(order.w for order in orders) > 0.5
    assert min(order.tau_b for order in orders) > 0.4


def test_incomplete_rankings_of_students(real_lines):
    rows = [row for row in real_lines("preflib/00032_education.jsonl") if row["file"] == "00032-00000003.soi"]
    names = sorted({name for row in rows for (name,) in row["ranking"]})
    orders = [
        [names.index(name) for (name,) in row["ranking"]]
        for row in rows
        for _ in range(row["count"])
        if len(row["ranking"]) > 1
    ]
    found = plackett_luce(orders, n_items=len(names))
    assert len(names) == 6
    assert found.values is not None and np.isfinite(found.standard_errors).all()


def test_four_answers_of_a_question_have_an_order(real_lines):
    """finegrained_qa_feedback: half of 500 questions, all six pairs of their four answers; 384 ties in all of them."""
    rows = real_lines("finegrained_qa_feedback/dev_4way_a.jsonl")
    assert len(rows) == 250
    undecided = 0
    for row in rows:
        winners = [pair["winner"] for pair in row["pairwise"]]
        assert len(winners) == 6
        undecided += winners.count("tie")
    assert 0 < undecided < 384


def test_ranked_replies_are_one_order_each(real_lines):
    rows = real_lines("oasst_en100/ranked_replies.jsonl")
    assert len(rows) == 132
    for row in rows:
        ranks = [reply["rank"] for reply in row["replies"]]
        assert 2 <= len(ranks) <= 9
        assert kemeny([ranks]).order == tuple(int(at) for at in np.argsort(ranks))
