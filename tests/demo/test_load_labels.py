"""manage.py load_labels on small folders: what is read, what is left out and why, and what is refused."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from annotation.models import Batch, CriterionScore, ImportReport, Judgment, Project
from tests.demo.label_folders import irr_folder, preflib_folder
from workforce.models import User

pytestmark = pytest.mark.django_db


def _load(name, data, project="ours", lead="lena") -> str:
    out = StringIO()
    call_command("load_labels", name, data=data, project=project, lead=lead, stdout=out, stderr=out)
    return out.getvalue()


def test_tables_become_ratings_of_their_own_criteria(tmp_path):
    said = _load("r_irr", irr_folder(tmp_path))
    batches = Batch.objects.filter(project__slug="ours").order_by("number")
    assert [(batch.name, batch.kind) for batch in batches] == [
        (f"{name}.csv", "rating") for name in ("diagnoses", "anxiety", "video")
    ]
    scores = CriterionScore.objects.filter(judgment__task__batch=batches[0]).order_by("judgment")
    assert list(scores.values_list("criterion__slug", "point__anchor")) == [
        ("diagnoses", anchor) for anchor in ["Neurosis"] * 2 + ["Other"] + ["Depression"] * 3
    ]
    assert "2 subjects of diagnoses, 6 ratings of diagnoses" in said and "Left out: nothing" in said
    assert "lena signs in once at" in said
    assert not User.objects.filter(username__startswith="import:", is_active=True).exists()


def test_the_same_set_again_adds_nothing(tmp_path):
    _load("r_irr", irr_folder(tmp_path))
    before = Judgment.objects.count()
    said = _load("r_irr", tmp_path)
    assert "6 rows" in said and "nothing new; 6 were there already" in said and "signs in" not in said
    assert Judgment.objects.count() == before and Batch.objects.count() == 3


def test_ballots_say_what_they_name_and_nothing_else(tmp_path):
    said = _load("preflib", preflib_folder(tmp_path))
    batches = {batch.name: batch for batch in Batch.objects.all()}
    assert set(batches) == {"00006_skate.jsonl", "00024_dots.jsonl", "00032_education.jsonl"}
    skate = Judgment.objects.filter(task__batch=batches["00006_skate.jsonl"]).order_by("task__number", "rater")
    ranks = [[placement.rank for placement in judgment.placements.all()] for judgment in skate]
    # Twelve skaters in two groups of six by name; 0 and 5 tie for the first place of the ballot.
    assert ranks == [[1, 2, 3, 4, 5, 1]] * 2 + [[1, 2, 3, 4, 5, 6]] * 2
    assert Judgment.objects.filter(task__batch=batches["00024_dots.jsonl"]).count() == 4
    assert Judgment.objects.filter(task__batch=batches["00032_education.jsonl"]).count() == 1
    for left in (
        "72 00006_skate: pairs of alternatives between groups of nine",
        "1 00032_education: completed by PrefLib from ballots that are here as they were cast",
        "1 00032_education: the same ballots as in the contests it combines",
        "1 00032_education: names one alternative, compares nothing",
    ):
        assert f"Left out: {left}" in said
    assert "2 ballots of 00006_skate" in said and "4 ballots of 00032_education" in said


def test_no_folder_nobody_and_no_rights_are_said_in_a_sentence(tmp_path, project, rafi):
    with pytest.raises(CommandError, match="There is no folder"):
        _load("dices", tmp_path)
    assert not Project.objects.filter(slug="ours").exists()
    irr_folder(tmp_path)
    with pytest.raises(CommandError, match="nobody called"):
        _load("r_irr", tmp_path, project=project.slug, lead="nobody")
    with pytest.raises(CommandError):
        _load("r_irr", tmp_path, project=project.slug, lead=rafi.username)
    assert not ImportReport.objects.exists()


def test_a_rubric_without_the_criteria_refuses_and_what_came_before_stays(tmp_path, project, lena):
    with pytest.raises(CommandError, match="refused whole"):
        _load("r_irr", irr_folder(tmp_path), project=project.slug, lead=lena.username)
    kinds = ImportReport.objects.order_by("pk").values_list("kind", "state")
    assert list(kinds) == [("comparisons", "accepted"), ("judgments", "refused")]
    assert not Judgment.objects.exists()


@pytest.mark.parametrize("broken", ["rater1,rater2\nfour,3\n", "rater1,rater2\n3\n"])
def test_a_file_that_is_not_as_published_takes_nothing_of_it(tmp_path, broken):
    irr_folder(tmp_path)
    (tmp_path / "r_irr" / "diagnoses.csv").write_text(broken)
    with pytest.raises(CommandError, match="is not as it was published"):
        _load("r_irr", tmp_path)
    assert not Judgment.objects.exists()


def test_a_missing_file_is_named(tmp_path):
    irr_folder(tmp_path)
    (tmp_path / "r_irr" / "anxiety.csv").unlink()
    with pytest.raises(CommandError, match=r"anxiety\.csv cannot be read"):
        _load("r_irr", tmp_path)
    assert Batch.objects.count() == 1
