"""Improved answers in a frozen set: edited over chosen over rejected; extra opinions stay out and are counted."""

import json

import pytest

from annotation import assigning, batching, freezing
from annotation.answers import GivenScore
from annotation.batch_options import BatchOptions
from annotation.errors import NothingToFreeze
from annotation.models import Batch, Judgment, Response
from tests.annotation.makers import answer, make_batch, make_comparison, shown_value

pytestmark = pytest.mark.django_db


def _open(project, lead, version, *, kind="pairwise", texts=("one", "two"), overlap=2, **options) -> Batch:
    made = make_comparison(project, f"c{project.comparisons.count()}", list(texts))
    return batching.open_batch(
        project=project,
        name="improving",
        kind=kind,
        rubric_version=version,
        overlap=overlap,
        items=batching.items_from_comparisons(comparisons=[made], kind=kind),
        actor=lead,
        options=BatchOptions(**options),
    )


def _group(frozen) -> dict:
    return json.loads(freezing.set_path(frozen_set=frozen).read_bytes().splitlines()[0])


def _freeze(project, lead, *batches, **how):
    return freezing.freeze_preference_set(project=project, name="P", batches=list(batches), actor=lead, **how)


def test_an_improved_answer_stands_above_the_chosen_and_the_rejected(project, lena, rubric_version, rafi, rosa):
    batch = _open(project, lena, rubric_version, improving=True)
    first, second = (assigning.claim_next(batch=batch, rater=rater) for rater in (rafi, rosa))
    saved = answer(first, value=shown_value(first, -2), improved="one, made better").judgment
    answer(second, value=shown_value(second, 1))
    assert saved.improved.improves.text == "one" and saved.improved.author == rafi and not saved.improved.model_tag
    frozen = _freeze(project, lena, batch)
    group = _group(frozen)
    assert [response["text"] for response in group["responses"]] == ["one", "two", "one, made better"]
    pairs = {(pair["i"], pair["j"]): (pair["wins_i"], pair["wins_j"], pair["strength"]) for pair in group["pairs"]}
    assert pairs == {(0, 1): (1, 1, -1), (0, 2): (0, 1, 1), (1, 2): (0, 1, 2)}
    assert [pair["judgments"] for pair in group["pairs"][1:]] == [[str(saved.uid)]] * 2
    assert freezing.verify_set(frozen_set=frozen)
    assert frozen.human_ceiling["all"]["n_pairs"] == 1  # nobody else saw the improved one


def test_improvements_of_several_raters_come_by_digest_and_follow_the_tasks_own(
    project, lena, rubric_version, rafi, rosa, ines
):
    batch = _open(project, lena, rubric_version, kind="ranking", texts="abc", overlap=3, improving=True)
    for rater, text in ((rafi, "x"), (rosa, "y"), (ines, "x")):
        held = assigning.claim_next(batch=batch, rater=rater)
        answer(held, ranking=[position + 1 for position in held.display_order], improved=text)
    assert Response.objects.filter(improves__isnull=False).count() == 2
    frozen = _freeze(project, lena, batch, min_judgments=3)
    group = _group(frozen)
    ids = [response["id"] for response in group["responses"]]
    assert len(ids) == 5 and ids[3:] == sorted(ids[3:])
    by_text = {response["text"]: place for place, response in enumerate(group["responses"])}
    wins = {(pair["i"], pair["j"]): pair["wins_j"] for pair in group["pairs"] if pair["j"] > 2}
    assert wins == {(i, by_text[text]): n for i in range(3) for text, n in (("x", 2), ("y", 1))}
    assert freezing.verify_set(frozen_set=frozen)


def test_without_enough_judgments_an_improved_answer_stays_out_too(project, lena, rubric_version, rafi):
    batch = _open(project, lena, rubric_version, improving=True)
    held = assigning.claim_next(batch=batch, rater=rafi)
    answer(held, value=1, improved="better")
    with pytest.raises(NothingToFreeze):
        _freeze(project, lena, batch, min_judgments=2)


def test_the_middle_of_best_and_worst_is_no_tie(project, lena, rubric_version, rafi):
    batch = _open(project, lena, rubric_version, kind="ranking", texts="abcdef", best_worst=True)
    held = assigning.claim_next(batch=batch, rater=rafi)
    by_position = [1, 2, 2, 2, 2, 3]
    answer(held, ranking=[by_position[position] for position in held.display_order], best_worst=True)
    group = _group(_freeze(project, lena, batch))
    assert {(pair["i"], pair["j"]) for pair in group["pairs"]} == {
        *((0, j) for j in range(1, 6)),
        *((i, 5) for i in range(1, 5)),
    }
    assert all(pair["ties"] == 0 and pair["wins_i"] == 1 for pair in group["pairs"])


def test_an_extra_opinion_is_left_out_and_counted(project, lena, rubric_version, rafi, rosa):
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=2)
    held = [assigning.claim_next(batch=batch, rater=rater) for rater in (rafi, rosa)]
    kept, extra = (answer(assignment, value=shown_value(assignment, -1)).judgment for assignment in held)
    _make_surplus(extra)
    frozen = _freeze(project, lena, batch)
    assert frozen.counts["judgments"] == 1 and frozen.counts["left_out"] == {"surplus_judgments": 1}
    assert _group(frozen)["pairs"][0]["judgments"] == [str(kept.uid)]


def _make_surplus(judgment: Judgment) -> None:
    """A revision of it that says so: rows are never changed."""
    twin = Judgment.objects.get(pk=judgment.pk)
    placements = list(twin.placements.all())
    twin.pk, twin.submission, twin.surplus, twin.supersedes = None, None, True, judgment
    twin.uid = judgment.assignment.token
    twin.save()
    for placement in placements:
        placement.pk, placement.judgment = None, twin
        placement.save()


def test_a_rating_holds_no_preferences_and_is_counted_as_left_out(project, lena, rubric_version, rafi):
    pairs = make_batch(project, lena, rubric_version, tasks=1, overlap=1)
    rating = make_batch(project, lena, rubric_version, kind="rating", tasks=1, overlap=1)
    held = assigning.claim_next(batch=rating, rater=rafi)
    scores = [GivenScore(slug, place, point=2) for slug in ("correctness", "completeness") for place in (1, 2)]
    answer(held, scores=scores)
    with pytest.raises(NothingToFreeze):
        _freeze(project, lena, rating)
    answer(assigning.claim_next(batch=pairs, rater=rafi), value=1)
    frozen = _freeze(project, lena, pairs, rating)
    assert frozen.counts["left_out"] == {"judgments_without_a_verdict": 1} and frozen.filters["batches"] == [1]
