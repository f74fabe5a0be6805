"""Patterns of agreement after any run of answers, corrections and withdrawals are those counted from nothing."""

import uuid

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotation import assigning
from annotation.answers import GivenScore
from annotation.judging import Answer, revise_judgment
from annotation.models import AgreementPattern, Batch, Judgment, Prompt, Task
from annotation.recounting import count_anew
from annotation.upkeep import recounted
from tests.annotation.counts import kept, slowly
from tests.annotation.golds import open_with
from tests.annotation.makers import answer, make_batch, shown_value
from tests.annotation.rubric_of_kinds import KINDS, publish
from workforce import people
from workforce.models import Role, Vendor

pytestmark = pytest.mark.django_db

GRADES = st.integers(1, 7)
MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("answer"), st.integers(0, 3), GRADES),
        st.tuples(st.just("cannot"), st.integers(0, 3), st.just(0)),
        st.tuples(st.just("correct"), st.integers(0, 30), GRADES),
        st.tuples(st.just("withdraw"), st.integers(0, 30), st.just(0)),
        st.tuples(st.just("exclude"), st.integers(0, 30), st.just(0)),
    ),
    min_size=4,
    max_size=24,
)


@pytest.fixture
def crowd(team):
    """Four raters; two of them come through vendors."""
    vendors = [Vendor.objects.create(team=team, slug=f"v{n}", name=f"V {n}") for n in range(2)]
    made = [
        people.add_member(team=team, username=f"r{n}", display_name=f"R{n}", role=Role.RATER, actor=None)
        for n in range(4)
    ]
    for n, rater in enumerate(made):
        rater.memberships.update(vendor=vendors[n % 2] if n else vendors[1])
    return made


def _play(batch, crowd, moves, **said):
    for verb, who, value in moves:
        current = list(Judgment.objects.current().filter(task__batch=batch).order_by("pk"))
        if verb in ("answer", "cannot"):
            held = assigning.claim_next(batch=batch, rater=crowd[who])
            if held is not None:
                answer(held, **({"value": value} | said if verb == "answer" else {"cant_judge": "unclear"}))
        elif current and verb == "exclude":
            item = current[who % len(current)].task
            with recounted(team=batch.project.team, items=[item.pk]):
                Task.objects.filter(pk=item.pk).update(lane="gold", place=None, audit=False)
        elif current:
            old = current[who % len(current)]
            given = Answer(value=value, **said) if verb == "correct" else Answer(cant_judge="unclear")
            revise_judgment(uid=old.uid, rater=old.rater, submission=uuid.uuid4(), answer=given)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=MOVES, adaptive=st.booleans())
def test_any_run_of_changes_equals_counting_anew(project, lena, rubric_version, crowd, moves, adaptive):
    options = {"overlap_most": 4, "audit_share": 40} if adaptive else {}
    batch = open_with(project, lena, rubric_version, tasks=3, overlap=2 if adaptive else 4, **options)
    Prompt.objects.filter(tasks__batch=batch).update(domain="kitchen", language="en")
    _play(batch, crowd, moves)
    assert kept(project) == slowly(project) == count_anew(project=project)


def test_every_slice_of_a_pair_is_kept(project, lena, rubric_version, crowd):
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=3)
    Prompt.objects.update(domain="kitchen", language="pt-BR")
    for rater, strength in zip(crowd[:3], (1, 1, -2), strict=True):
        held = assigning.claim_next(batch=batch, rater=rater)
        answer(held, value=shown_value(held, strength))
    scopes = {
        (row.slice, row.value): row.pattern for row in AgreementPattern.objects.filter(question="grade:pref7", units=1)
    }
    assert {name for name, _ in scopes} == {
        "all",
        "domain",
        "language",
        "lengths",
        "models",
        "vendor",
        "sensitivity",
        "batch",
        "week",
    }
    assert scopes["all", ""] == scopes["domain", "kitchen"] == "0,0,1,0,0,2,0,0,0"
    assert scopes["models", "model-0 | model-1"] == scopes["language", "pt-BR"] == scopes["all", ""]


def test_criteria_of_every_kind_are_kept(project, lena, rubric_version, crowd):
    version = publish(rubric_version.rubric, lena, KINDS)
    batch = open_with(project, lena, version, tasks=2, overlap=3, with_criteria=True)
    one = {"right": 3, "facts": [1, 3]}, {"right": 3, "facts": []}
    two = {"right": 3, "facts": [1]}, {"right": 3, "facts": [2]}
    for rater, (first, second) in zip(crowd[:3], (one, two, one), strict=True):
        while held := assigning.claim_next(batch=batch, rater=rater):
            scores = [
                GivenScore(slug, place, **{"points" if slug == "facts" else "point": value})
                for place, said in enumerate((first, second), start=1)
                for slug, value in said.items()
            ]
            answer(held, value=2, scores=[*scores, GivenScore("tone", side=1)])
    assert kept(project) == slowly(project) == count_anew(project=project)
    questions = {key[0] for key in kept(project)}
    assert {"criterion:right", "criterion:facts:1", "criterion:facts:2", "criterion:tone"} <= questions


def test_an_extended_item_counts_with_its_first_two(project, lena, rubric_version, crowd):
    batch = open_with(project, lena, rubric_version, tasks=1, overlap=2, overlap_most=4)
    for rater, strength in zip(crowd, (1, -1, 1, 1), strict=True):
        held = assigning.claim_next(batch=batch, rater=rater)
        answer(held, value=shown_value(held, strength))
    assert Judgment.objects.counted().count() == 4
    [row] = AgreementPattern.objects.filter(slice="all", question="grade:pref7", units__gt=0)
    assert row.pattern == "0,0,0,1,0,1,0,0,0"


def test_calibration_counts_in_its_batch_alone(project, lena, rubric_version, crowd):
    batch = make_batch(project, lena, rubric_version, tasks=1)
    for rater in crowd[:2]:
        answer(assigning.claim_next(batch=batch, rater=rater), value=1)
    with recounted(team=project.team, items=batch.tasks.values_list("pk", flat=True)):
        Batch.objects.filter(pk=batch.pk).update(mode="calibration")
    assert {key[1] for key in kept(project)} == {"batch"}
    assert kept(project) == slowly(project) == count_anew(project=project)
