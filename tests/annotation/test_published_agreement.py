"""Real labels through the verbs come out with the published agreement, every pair labelled exactly k times."""

import csv
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from annotation import assigning, batching, measuring
from annotation.importing import import_file
from annotation.models import Batch, Judgment
from tests.annotation.makers import answer, shown_value
from tests.conftest import REAL_DATA

pytestmark = [pytest.mark.django_db, pytest.mark.real_data, pytest.mark.slow]


def _rows(path: str) -> Iterator[dict]:
    with (REAL_DATA / path).open(encoding="utf-8", newline="") as file:
        yield from (json.loads(line) for line in file) if Path(path).suffix == ".jsonl" else csv.DictReader(file)


def _load(project, lena, kind, rows):
    lines = (json.dumps(row).encode() + b"\n" for row in rows)
    report = import_file(project=project, kind=kind, filename=kind, lines=lines, actor=lena)
    assert report.state == "accepted", report.errors[:3]
    return report


@pytest.mark.once
def test_three_raters_replay_pandalm(project, lena, rubric_version, rafi, rosa, ines):
    pairs = {pair["id"]: pair for pair in _rows("pandalm_testset/pairs.jsonl")}
    _load(
        project,
        lena,
        "comparisons",
        (
            {
                "id": pair["id"],
                "prompt": "\n\n".join(filter(None, (pair["prompt"], pair["input"]))),
                "responses": [
                    {"text": pair["response_a"], "model": pair["model_a"]},
                    {"text": pair["response_b"], "model": pair["model_b"]},
                ],
            }
            for pair in pairs.values()
        ),
    )
    batch = batching.open_batch(
        project=project,
        name="PandaLM",
        kind="pairwise",
        rubric_version=rubric_version,
        overlap=3,
        scale="binary_tie",
        items=batching.items_from_comparisons(comparisons=project.comparisons.all(), kind="pairwise"),
        actor=lena,
    )
    strength = {"a": -1, "tie": 0, "b": 1}
    for rater, column in ((rafi, "annotator1"), (rosa, "annotator2"), (ines, "annotator3")):
        while held := assigning.claim_next(batch=batch, rater=rater):
            said = pairs[held.task.comparison.external_id]["labels"][column]
            answer(held, value=shown_value(held, strength[said], points=3))
    assert set(Counter(Judgment.objects.values_list("task", flat=True)).values()) == {3}
    shown_first = Counter(order[0] for order in Judgment.objects.values_list("display_order", flat=True))
    assert abs(shown_first[0] - shown_first[1]) < 200
    reports = {report.basis: report for report in measuring.measure_batch(batch=batch)}
    assert round(reports["sign"].value, 5) == 0.86422
    assert round(reports["sign_symmetrised"].value, 5) == 0.86455
    assert sorted(round(k["kappa"], 3) for k in reports["sign"].detail["kappas"]) == [0.852, 0.862, 0.879]


def test_history_of_ukpconvarg1(project, lena, rubric_version):
    texts = {one["id"]: one for one in _rows("ukpconvarg1/arguments.jsonl")}
    _load(
        project,
        lena,
        "comparisons",
        (
            {
                "id": pair["id"],
                "prompt": "{debate}: {stance}?".format(**texts[pair["a"]]),
                "responses": [{"text": texts[pair[side]]["text"], "model": pair[side]} for side in "ab"],
            }
            for pair in _rows("ukpconvarg1/pairs.csv")
        ),
    )
    report = _load(
        project,
        lena,
        "judgments",
        (
            {"item": vote["pair"], "rater": vote["rater"], "label": vote["label"], "reason": vote["reason"]}
            for vote in _rows("ukpconvarg1/votes_long.csv")
        ),
    )
    assert report.created["judgments"] == 23_550
    nominal = measuring.measure_batch(batch=Batch.objects.get())[0]
    assert (round(nominal.value, 5), nominal.n_units, nominal.n_labels) == (0.37232, 4721, 23_550)
