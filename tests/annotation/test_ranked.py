"""Sums of rankings after any run of answers, corrections, withdrawals and exclusions are those counted from nothing."""

import uuid

import numpy as np
import pytest
from django.db.models import F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotation import assigning, ranked
from annotation.agreement.rank_sums import sums_of_prompts
from annotation.answers import GivenScore
from annotation.judging import Answer, revise_judgment
from annotation.models import AgreementPattern, Batch, Judgment, Prompt, RankingSum, Task
from annotation.recounting import recount
from annotation.upkeep import recounted
from tests.annotation.counts import slices_of
from tests.annotation.golds import open_with
from tests.annotation.makers import answer, make_batch
from workforce import people
from workforce.models import AuditEvent, Role, Vendor

pytestmark = pytest.mark.django_db

RANKS = st.lists(st.integers(1, 3), min_size=3, max_size=3)
MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("answer"), st.integers(0, 3), RANKS),
        st.tuples(st.just("cannot"), st.integers(0, 3), RANKS),
        st.tuples(st.just("correct"), st.integers(0, 30), RANKS),
        st.tuples(st.just("withdraw"), st.integers(0, 30), RANKS),
        st.tuples(st.just("exclude"), st.integers(0, 30), RANKS),
    ),
    min_size=4,
    max_size=20,
)


@pytest.fixture
def crowd(team):
    """Four raters; they come through two vendors."""
    vendors = [Vendor.objects.create(team=team, slug=f"v{n}", name=f"V {n}") for n in range(2)]
    made = [
        people.add_member(team=team, username=f"r{n}", display_name=f"R{n}", role=Role.RATER, actor=None)
        for n in range(4)
    ]
    for n, rater in enumerate(made):
        rater.memberships.update(vendor=vendors[n % 2])
    return made


def dense(ranks):
    """The same order in ranks 1, 2, …, as a page sends it."""
    return [sorted(set(ranks)).index(rank) + 1 for rank in ranks]


def _play(batch, crowd, moves):
    for verb, who, ranks in moves:
        current = list(Judgment.objects.current().filter(task__batch=batch).order_by("pk"))
        if verb in ("answer", "cannot"):
            held = assigning.claim_next(batch=batch, rater=crowd[who])
            if held is not None:
                answer(held, **({"ranking": dense(ranks)} if verb == "answer" else {"cant_judge": "unclear"}))
        elif current and verb == "exclude":
            item = current[who % len(current)].task
            with recounted(team=batch.project.team, items=[item.pk]):
                Task.objects.filter(pk=item.pk).update(lane="gold", place=None, audit=False)
        elif current:
            old = current[who % len(current)]
            given = Answer(ranking=dense(ranks)) if verb == "correct" else Answer(cant_judge="unclear")
            revise_judgment(uid=old.uid, rater=old.rater, submission=uuid.uuid4(), answer=given)


def slowly(project):
    """Per scope, from every item's placements one by one."""
    found = {}
    for batch in project.batches.all():
        for task in batch.tasks.all():
            counted = list(Judgment.objects.counted().filter(task=task).order_by("assignment"))
            if batch.overlap_most is not None and not task.audit:
                counted = counted[:2]
            for vendor in {None, *(one.vendor_id for one in counted)}:
                mine = [one for one in counted if vendor in (None, one.vendor_id)]
                ranks = [list(one.placements.order_by("position").values_list("rank", flat=True)) for one in mine]
                if len(mine) < 2:
                    continue
                row = sums_of_prompts(np.array([ranks]))[0]
                for name, value in slices_of(batch, task, vendor, min(one.created_at for one in mine)):
                    if value is not None:
                        key = project.pk, mine[0].rubric_version_id, name, value, len(ranks[0]), len(mine)
                        found[key] = found.get(key, 0) + row
    return found


def told(sums):
    return {key: row.tolist() for key, row in sums.items()}


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=MOVES, adaptive=st.booleans())
def test_any_run_of_changes_equals_counting_anew(project, lena, rubric_version, crowd, moves, adaptive):
    batch = make_batch(project, lena, rubric_version, tasks=3, overlap=3, kind="ranking", responses=3)
    if adaptive:  # opened by hand: which of the answers count is asked here, not when more are wanted
        Batch.objects.filter(pk=batch.pk).update(overlap_most=4)
    Prompt.objects.filter(tasks__batch=batch).update(domain="kitchen", language="en")
    _play(batch, crowd, moves)
    kept = ranked.kept_sums(project=project)
    assert told(kept) == told(slowly(project)) == told(ranked.counted_project(project=project))


def test_every_slice_of_a_ranking_is_kept_once_it_has_two(project, lena, rubric_version, crowd):
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=3, kind="ranking", responses=3)
    Prompt.objects.update(domain="kitchen", language="pt-BR")
    answer(assigning.claim_next(batch=batch, rater=crowd[0]), ranking=[1, 2, 3])
    assert not RankingSum.objects.exists()
    for rater in crowd[1:3]:
        answer(assigning.claim_next(batch=batch, rater=rater), ranking=[1, 2, 3])
    rows = RankingSum.objects.filter(units=1)
    assert {(row.slice, row.raters) for row in rows} == {
        *((name, 3) for name in ("all", "domain", "language", "sensitivity", "batch", "week")),
        ("vendor", 2),
    }


def test_criteria_beside_a_ranking_are_counted_too(project, lena, rubric_version, crowd):
    batch = open_with(project, lena, rubric_version, tasks=1, overlap=2, kind="ranking", with_criteria=True)
    for rater in crowd[:2]:
        said = [GivenScore(slug, place, point=2) for slug in ("correctness", "completeness") for place in (1, 2)]
        answer(assigning.claim_next(batch=batch, rater=rater), ranking=[1, 2], scores=said)
    assert RankingSum.objects.filter(slice="all", units=1).exists()
    assert AgreementPattern.objects.filter(question="criterion:correctness", slice="all", units=2).exists()


@pytest.mark.parametrize("corrupt", ["more", "gone"])
def test_what_was_tampered_with_is_an_incident_and_put_right(project, lena, rubric_version, crowd, corrupt):
    batch = make_batch(project, lena, rubric_version, tasks=2, overlap=2, kind="ranking", responses=3)
    for rater in crowd[:2]:
        while held := assigning.claim_next(batch=batch, rater=rater):
            answer(held, ranking=[1, 2, 3])
    right = told(ranked.kept_sums(project=project))
    assert recount(project=project).differing == 0
    if corrupt == "more":
        RankingSum.objects.filter(slice="all").update(observed=F("observed") + 1)
    else:
        RankingSum.objects.filter(slice="week").delete()
    check = recount(project=project)
    assert check.differing == 1 and check.examples[0]["question"] == "ranking:3:2"
    assert told(ranked.kept_sums(project=project)) == right
    assert AuditEvent.objects.filter(verb="agreement_differed").count() == 1
