"""Ratings that people gave elsewhere: scores on the rubric's criteria, of one response or several."""

import json

import pytest

from annotation.importing import import_file
from annotation.models import Batch, CriterionScore, ImportReport, Judgment
from annotation.recounting import recount
from tests.annotation.makers import make_comparison
from tests.annotation.rubric_of_kinds import KINDS, publish


@pytest.fixture
def load(project, lena, rubric_version):
    publish(rubric_version.rubric, lena, KINDS)

    def run(*rows, kind="judgments") -> ImportReport:
        lines = [json.dumps(row).encode() + b"\n" for row in rows]
        return import_file(project=project, kind=kind, filename="file.jsonl", lines=lines, actor=lena)

    return run


def _rating(rater="w", item="c1", **scores):
    return {"item": item, "rater": rater, "scores": scores}


def _said() -> list[tuple]:
    columns = ("criterion__slug", "position", "outcome", "point__value", "side")
    return list(
        CriterionScore.objects.order_by("criterion__position", "position", "point__value").values_list(*columns)
    )


def test_a_rating_says_every_kind_of_criterion(load, project):
    make_comparison(project, "c1", ["a", "b"])
    report = load(_rating(right=[3, None], why=[0, 1], facts=[[3, 1], []], tone=[-1]))
    assert report.state == "accepted", report.errors
    batch, judgment = Batch.objects.get(), Judgment.objects.get()
    assert (batch.kind, batch.origin, batch.scale) == ("rating", "history", "")
    assert (judgment.strength, judgment.scale, judgment.placements.count()) == (None, "", 0)
    assert _said() == [
        ("right", 0, "scored", 3, None),
        ("right", 1, "not_applicable", None, None),
        ("why", 0, "scored", 0, None),
        ("why", 1, "scored", 1, None),
        ("facts", 0, "scored", 1, None),
        ("facts", 0, "scored", 3, None),
        ("facts", 1, "none", None, None),
        ("tone", None, "compared", None, -1),
    ]


def test_one_response_is_rated_and_compared_with_nothing(load):
    row = {"id": "c1", "prompt": "Ask", "responses": [{"text": "the only one"}]}
    assert load(row, kind="comparisons").state == "accepted"
    assert load(_rating(right=[2])).state == "accepted"
    for answer in ({"label": "a"}, {"ranking": [1, 2]}):
        refused = load({"item": "c1", "rater": "v", **answer})
        assert [error["code"] for error in refused.errors] == ["bad_answer"]
        assert "can only be rated" in refused.errors[0]["message"]


def test_the_same_ratings_add_nothing_and_others_contradict_them(load, project):
    make_comparison(project, "c1", ["a", "b"])
    rows = [_rating(rater, right=[2, 1], facts=[[1, 2], [3]], tone=[0]) for rater in ("w", "v")]
    assert load(*rows).created["judgments"] == 2
    # In another order of points and criteria it is the same rating.
    again = load(_rating("w", tone=[0], facts=[[2, 1], [3]], right=[2, 1]))
    assert (again.state, again.created, again.unchanged) == ("accepted", {}, 1)
    other = load(_rating("w", right=[2, 2], facts=[[1, 2], [3]], tone=[0]))
    assert [error["code"] for error in other.errors] == ["conflict"]


@pytest.mark.parametrize(
    ("code", "scores"),
    [
        ("bad_answer", {}),
        ("bad_answer", {"right": 3}),
        ("bad_answer", {"right": []}),
        ("bad_answer", {"right": [3]}),
        ("bad_answer", {"right": [3, 9]}),
        ("bad_answer", {"right": [3, True]}),
        ("bad_answer", {"right": [3, [3]]}),
        ("bad_answer", {"why": [0, None]}),
        ("bad_answer", {"facts": [[1], [9]]}),
        ("bad_answer", {"facts": [1, 2]}),
        ("bad_answer", {"tone": [0, 0]}),
        ("bad_answer", {"tone": [2]}),
        ("unknown_criterion", {"speed": [1, 1]}),
    ],
)
def test_scores_that_do_not_fit_the_rubric_refuse_the_file(load, project, code, scores):
    make_comparison(project, "c1", ["a", "b"])
    report = load(_rating("v", right=[1, 1]), _rating("w", **scores))
    assert (report.state, report.errors[0]["code"], report.errors[0]["line"]) == ("refused", code, 2)
    assert not Judgment.objects.exists() and not Batch.objects.exists()


def test_ratings_and_labels_are_not_mixed(load, project):
    make_comparison(project, "c1", ["a", "b"])
    report = load(_rating(right=[1, 1]), {"item": "c1", "rater": "v", "label": "a"})
    assert [error["code"] for error in report.errors] == ["mixed_answers"]


def test_agreement_counts_imported_ratings(load, project):
    for n in range(3):
        make_comparison(project, f"c{n}", ["a", "b"])
    load(*(_rating(f"w{rater}", f"c{n}", right=[n + 1, rater + 1]) for n in range(3) for rater in range(3)))
    kept = project.agreement_patterns.filter(question="criterion:right", slice="all")
    assert {row.pattern[:5]: row.units for row in kept} == {"3,0,0": 1, "0,3,0": 1, "0,0,3": 1, "1,1,1": 3}
    assert recount(project=project).differing == 0
