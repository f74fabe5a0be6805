"""Pairs that are nearly the same: found word by word, kept, counted, and left out of new batches."""

from __future__ import annotations

import json
import random

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from annotation.alike import MOST, alike
from annotation.importing import import_file
from annotation.models import Comparison, ImportReport, Judgment

WORDS = [f"word{n}" for n in range(400)]


def common(a: list[str], b: list[str]) -> int:
    """The length of the longest common subsequence, by the table that the textbooks have."""
    row = [0] * (len(b) + 1)
    for one in a:
        before, row = row, [0]
        for n, other in enumerate(b, start=1):
            row.append(before[n - 1] + 1 if one == other else max(before[n], row[-1]))
    return row[-1]


@given(st.lists(st.sampled_from("abcd"), min_size=20, max_size=160), st.randoms(), st.integers(0, 4))
def test_more_than_98_percent_of_the_words(words: list[str], chance: random.Random, edits: int) -> None:
    other = list(words)
    for _ in range(edits):
        place = chance.randrange(len(other))
        other[place : place + chance.randint(0, 1)] = chance.choice([[], ["x"], ["a"]])
    share = 2 * common(words, other) / (len(words) + len(other)) if other else 0
    assert alike(" ".join(words), " ".join(other)) == (share > 0.98)


@pytest.mark.parametrize(
    ("words", "changed", "expected"),
    [(400, 7, True), (400, 8, False), (100, 1, True), (100, 2, False), (50, 1, False), (51, 1, True), (3, 0, True)],
)
def test_where_the_border_is(words: int, changed: int, expected: bool) -> None:
    """k of n words replaced: (n - k) / n is the share, and 0.98 itself is not more than 0.98."""
    other = [f"{word}!" if n < changed else word for n, word in enumerate(WORDS[:words])]
    assert alike(" ".join(WORDS[:words]), " ".join(other)) is expected


def test_spaces_are_no_words_and_nothing_is_nothing() -> None:
    assert alike("a  b\nc", "a b c") and alike("", "") and alike("", " \n")
    assert not alike("", "a") and not alike("ab", "a b")
    assert not alike("the same words here", "here words same the")


def test_a_text_made_to_be_slow_is_not() -> None:
    """200,000 words of two kinds: the steps are bounded by MOST, whatever the length."""
    first, second = ["a"] * 100_000, ["a"] * 100_000
    second[50_000 : 50_000 + 2 * MOST : 2] = ["b"] * MOST
    assert not alike(" ".join(first), " ".join(second))
    second = ["a"] * 99_900 + ["b"] * 100
    assert alike(" ".join(first), " ".join(second))


# ---- at import

LONG = " ".join(WORDS)
NEARLY = LONG.replace("word7 ", "word8 ")


def _row(name: str, *texts: str, **more: object) -> dict[str, object]:
    responses = [{"text": text, "model": f"m{n}"} for n, text in enumerate(texts)]
    return {"id": name, "prompt": f"Ask {name}", "responses": responses, **more}


@pytest.fixture
def load(project, lena):
    def load(kind: str, *rows: dict[str, object]) -> ImportReport:
        lines = [json.dumps(row).encode() + b"\n" for row in rows]
        report = import_file(project=project, kind=kind, filename="rows.jsonl", lines=lines, actor=lena)
        assert report.errors == []
        return report

    return load


ROWS = [_row("same", "Yes.", "Yes."), _row("near", LONG, NEARLY), _row("apart", "Yes.", "No."), _row("three", *"aab")]


@pytest.mark.django_db
def test_they_are_counted_and_marked(load, client, lena) -> None:
    report = load("comparisons", *ROWS)
    assert (report.created["comparisons"], report.created["alike_pairs"]) == (4, 2)
    marks = dict(Comparison.objects.values_list("external_id", "alike"))
    assert marks == {"same": True, "near": True, "apart": False, "three": False}
    client.force_login(lena)
    assert "New alike pairs" in client.get(reverse("import", args=["helpful", report.pk])).content.decode()
    assert load("comparisons", *ROWS).created == {}


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["pairwise", "ranking"])
def test_no_rater_is_asked_to_choose_between_them(load, client, project, lena, rubric_version, kind) -> None:
    load("comparisons", *ROWS[:3])
    client.force_login(lena)
    form = {"name": "First", "kind": kind, "source": "c:", "fresh": "on", "overlap": 2, "scale": "pref7"}
    form |= {"rubric_version": rubric_version.pk, "lease_minutes": 30}
    count = client.get(reverse("batch-count", args=["helpful"]), form).context["count"]
    assert (count["items"], count["fit"]) == (1, 1)
    client.post(reverse("batch-new", args=["helpful"]), form)
    body = {"name": "Second", "kind": kind, "overlap": 2}
    sent = client.post("/api/v1/projects/helpful/batches", json.dumps(body), content_type="application/json")
    assert sent.status_code == 201
    for batch in project.batches.all():
        assert [task.comparison.external_id for task in batch.tasks.all()] == ["apart"]


@pytest.mark.django_db
def test_what_was_said_of_them_elsewhere_is_kept(load, rubric_version) -> None:
    load("comparisons", *ROWS)
    load("judgments", {"item": "same", "rater": "kim", "label": "tie"})
    assert Judgment.objects.get().task.comparison.external_id == "same"


@pytest.mark.django_db
def test_a_panel_may_ask_about_them(load, project, client, lena, rubric_version) -> None:
    load("calibration", _row("same", "Yes.", "Yes.", panel={"grade": 0, "note": "They are the same."}))
    body = {"name": "Round", "kind": "pairwise", "overlap": 1, "mode": "calibration"}
    client.force_login(lena)
    sent = client.post("/api/v1/projects/helpful/batches", json.dumps(body), content_type="application/json")
    assert sent.status_code == 201 and project.batches.get().tasks.count() == 1
