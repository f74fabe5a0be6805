"""Options of a batch: each that does not fit its kind, rubric or items is refused by name, and nothing is opened."""

import pytest

from annotation import batching
from annotation.batch_options import SEVERAL, BatchOptions
from annotation.errors import BatchStateWrong, ItemsDoNotFit, PauseNeedsReason
from annotation.models import Batch
from annotation.skills import skill_named
from tests.annotation.makers import make_batch, make_comparison, make_prompt
from tests.annotation.rubric_of_kinds import KINDS, open_of, publish
from workforce.errors import NotAllowed
from workforce.models import AuditEvent, Skill, Team

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("kind", "texts", "options", "field"),
    [
        ("pairwise", "ab", {"fast": True, "with_criteria": True}, "fast"),
        ("pairwise", "ab", {"fast": True, "improving": True}, "fast"),
        ("pairwise", "ab", {"fast": True, "reason_share": 1}, "fast"),
        ("pairwise", "ab", {"fast": True, "mode": "calibration"}, "fast"),
        ("ranking", "ab", {"fast": True}, "fast"),
        ("pairwise", "ab", {"best_worst": True}, "best_worst"),
        ("ranking", "abcde", {"best_worst": True}, "best_worst"),
        ("rating", "ab", {"improving": True}, "improving"),
        ("rating", "ab", {"with_criteria": True}, "with_criteria"),
        ("pairwise", "ab", {"reason_share": 101}, "reason_share"),
        ("pairwise", "ab", {"reason_share": -1}, "reason_share"),
        ("pairwise", "ab", {"category": "violence"}, "severity"),
        ("pairwise", "ab", {"severity": "mild"}, "severity"),
        ("pairwise", "ab", {"category": "boredom", "severity": "mild"}, "category"),
        ("pairwise", "ab", {"category": "violence", "severity": "cosmic"}, "severity"),
        ("pairwise", "ab", {"mode": "play"}, "mode"),
        ("pairwise", "ab", {"pass_at": 1}, "grants"),
        ("pairwise", "ab", {"mode": "calibration", "pass_at": 2}, "pass_at"),
        ("demonstration", "ab", {"mode": "calibration"}, "mode"),
        ("demonstration", "ab", {"reason_share": 5}, "reason_share"),
        ("demonstration", "ab", {"with_criteria": True}, "with_criteria"),
    ],
)
def test_what_does_not_fit_is_named(project, lena, rubric_version, kind, texts, options, field):
    with pytest.raises(ItemsDoNotFit) as refused:
        open_of(project, lena, rubric_version, kind=kind, texts=texts, **options)
    assert set(refused.value.fields) == {field}
    assert not Batch.objects.exists()


def test_all_that_fits_is_kept_and_the_words_are_counted(project, lena, rubric_version):
    skill = skill_named(team=project.team, name="German", actor=lena)
    chosen = {"with_criteria": True, "improving": True, "show_words": True, "reason_share": 10}
    batch = open_of(project, lena, rubric_version, **chosen, requires=(skill,), category="hate", severity="severe")
    batch.refresh_from_db()
    assert batch.requires.get() == skill
    assert {name: getattr(batch, name) for name in chosen} == chosen
    assert (batch.category, batch.severity) == ("hate", "severe")
    assert batch.tasks.get().words == len(["prompt", "c0", "a", "b"])


def test_scripts_without_spaces_count_two_characters_as_a_word(project):
    prompt = make_prompt(project, "日本語の質問です")
    assert batching.words_of(prompt=prompt, responses=[]) == 1 + 4


@pytest.mark.parametrize(
    ("texts", "kind", "fits"), [("ab", "pairwise", True), ("abc", "ranking", False), ("a", "rating", False)]
)
def test_a_rubric_that_only_compares_sides_is_for_pairs(project, lena, rubric_version, texts, kind, fits):
    version = publish(rubric_version.rubric, lena, KINDS[-1:])
    if fits:
        assert open_of(project, lena, version, kind=kind, texts=texts, with_criteria=True).tasks.count() == 1
        return
    with pytest.raises(ItemsDoNotFit) as refused:
        open_of(project, lena, version, kind=kind, texts=texts, with_criteria=kind == "ranking")
    assert set(refused.value.fields) == {"rubric_version"}


def test_a_skill_of_another_team_is_refused(project, lena, rubric_version):
    other = Skill.objects.create(team=Team.objects.create(slug="other", name="Other"), slug="german", name="German")
    for name in ("requires", "grants"):
        options = {"grants": other, "mode": "calibration", "pass_at": 1} if name == "grants" else {name: (other,)}
        with pytest.raises(ItemsDoNotFit) as refused:
            open_of(project, lena, rubric_version, **options)
        assert set(refused.value.fields) == {name}


def test_a_round_grants_a_skill_that_it_does_not_ask_for(project, lena, rubric_version):
    skill = skill_named(team=project.team, name="Helpful, passed", actor=lena)
    assert skill_named(team=project.team, name="helpful passed", actor=lena) == skill
    assert AuditEvent.objects.filter(verb="add_skill").count() == 1
    with pytest.raises(ItemsDoNotFit) as refused:
        open_of(project, lena, rubric_version, mode="calibration", grants=skill, requires=(skill,), pass_at=1)
    assert set(refused.value.fields) == {"requires"}
    with pytest.raises(ItemsDoNotFit):
        open_of(project, lena, rubric_version, mode="calibration", grants=skill)
    assert open_of(project, lena, rubric_version, mode="calibration", grants=skill, pass_at=1).grants == skill


@pytest.mark.parametrize("name", ["", "???", "a\x00b", "x" * 121])
def test_a_skill_needs_a_name(project, lena, name):
    with pytest.raises(ItemsDoNotFit):
        skill_named(team=project.team, name=name, actor=lena)


def test_only_a_lead_names_a_skill(project, rafi):
    with pytest.raises(NotAllowed):
        skill_named(team=project.team, name="German", actor=rafi)


def test_a_demonstration_starts_from_the_first_answer_of_a_comparison(project, lena, rubric_version):
    made = make_comparison(project, "base", ["first", "second"])
    items = batching.items_from_comparisons(comparisons=[made], kind="demonstration")
    assert [[response.text for response in item.responses] for item in items] == [["first"]]
    batch = batching.open_batch(
        project=project,
        name="D",
        kind="demonstration",
        rubric_version=rubric_version,
        overlap=1,
        items=items,
        actor=lena,
    )
    assert [member.response.text for member in batch.tasks.get().members.all()] == ["first"]


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501, "a\x00b"])
def test_a_pause_needs_words_that_raters_can_read(project, lena, rubric_version, reason):
    batch = make_batch(project, lena, rubric_version, tasks=1)
    with pytest.raises(PauseNeedsReason):
        batching.pause_batch(batch=batch, actor=lena, reason=reason)
    batch.refresh_from_db()
    assert batch.state == "open"


def test_the_reason_of_a_pause_is_kept_until_it_ends(project, lena, rubric_version):
    batch = make_batch(project, lena, rubric_version, tasks=1)
    batch = batching.pause_batch(batch=batch, actor=lena, reason=" We mend the rubric. ")
    assert (batch.state, batch.pause_reason) == ("paused", "We mend the rubric.")
    assert AuditEvent.objects.get(verb="pause_batch").detail == {"reason": "We mend the rubric."}
    with pytest.raises(BatchStateWrong):
        batching.pause_batch(batch=batch, actor=lena, reason="Again.")
    assert batching.resume_batch(batch=batch, actor=lena).pause_reason == ""


def test_the_defaults_ask_for_the_verdict_alone(project, lena, rubric_version):
    batch = make_batch(project, lena, rubric_version, tasks=1)
    kept = {name: getattr(batch, name) for name in BatchOptions.__dataclass_fields__}
    kept |= {name: tuple(kept[name].all()) for name in SEVERAL}
    assert BatchOptions() == BatchOptions(**kept)
