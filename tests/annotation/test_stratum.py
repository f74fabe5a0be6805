"""The audit stratum: drawn at random before the first label, and answered equally often whatever happens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation import assigning
from annotation.errors import ItemsDoNotFit
from annotation.models import Batch, Slot, Task
from annotation.overlapping import change_overlap
from annotation.queueing.stratum import draw_stratum
from annotation.reopening import reopen_item
from tests.annotation.golds import open_with
from tests.annotation.makers import answer
from workforce.models import AuditEvent


@given(items=st.integers(1, 500), share=st.integers(1, 100))
def test_the_stratum_has_its_share_and_the_seed_gives_it_again(items, share):
    drawn = draw_stratum(items=items, share=share)
    assert abs(len(drawn.numbers) - items * share / 100) <= 0.5 or len(drawn.numbers) == 1
    assert set(drawn.numbers) <= set(range(1, items + 1)) and len(set(drawn.numbers)) == len(drawn.numbers)
    assert draw_stratum(items=items, share=share, seed=drawn.seed) == drawn


def test_every_item_is_as_likely_as_another():
    times = [0] * 20
    for n in range(2000):
        for number in draw_stratum(items=20, share=25, seed=f"seed {n}").numbers:
            times[number - 1] += 1
    assert min(times) > 420 and max(times) < 580  # 500 each


def test_without_a_share_nothing_is_drawn():
    assert draw_stratum(items=100, share=0).numbers == ()


def _wanted(batch: Batch, *, audit: bool) -> set[int]:
    tasks = Task.objects.filter(batch=batch, audit=audit)
    return {Slot.objects.wanted().filter(task=task).count() for task in tasks}


@pytest.mark.django_db
def test_the_audit_log_says_by_which_seed_the_stratum_was_drawn(project, lena, rubric_version):
    batch = open_with(project, lena, rubric_version, tasks=20, overlap=1, audit_share=25, audit_overlap=3)
    told = AuditEvent.objects.get(verb="open_batch").detail["audit"]
    again = draw_stratum(items=20, share=25, seed=told["seed"])
    assert (told["items"], told["sha256"]) == (5, again.digest)
    audited = Task.objects.filter(batch=batch, audit=True)
    assert tuple(audited.order_by("number").values_list("number", flat=True)) == again.numbers
    assert (_wanted(batch, audit=True), _wanted(batch, audit=False)) == ({3}, {1})


@pytest.mark.django_db
def test_k_changed_in_flight_never_touches_the_stratum(project, lena, rubric_version, rosa, rafi):
    batch = open_with(project, lena, rubric_version, tasks=10, overlap=2, audit_share=50)
    assert batch.audit_overlap == 2
    for overlap in (4, 1, 3):
        change_overlap(batch=batch, overlap=overlap, actor=lena)
        assert (_wanted(batch, audit=True), _wanted(batch, audit=False)) == ({2}, {overlap})
    change_overlap(batch=batch, overlap=1, actor=lena)
    for rater in (rosa, rafi):
        while held := assigning.claim_next(batch=batch, rater=rater):
            answer(held, value=1)
    assert {task.judgments.count() for task in Task.objects.filter(batch=batch, audit=True)} == {2}
    reopened = reopen_item(task=Task.objects.filter(batch=batch, audit=True).first(), actor=lena, reason="look again")
    assert reopened.extra == 1 and Slot.objects.wanted().filter(task=reopened).count() == 3


@pytest.mark.django_db
def test_a_stratum_is_as_wide_as_overlap_may_grow(project, lena, rubric_version):
    assert open_with(project, lena, rubric_version, audit_share=10, overlap_most=4).audit_overlap == 4


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"audit_share": 101}, "audit_share"),
        ({"audit_overlap": 3}, "audit_overlap"),
        ({"audit_share": 10, "audit_overlap": 101}, "audit_overlap"),
        ({"overlap_most": 2}, "overlap_most"),
        ({"overlap": 1, "overlap_most": 3}, "overlap_most"),
        ({"gold_rate": 51}, "gold_rate"),
        ({"repeat_rate": 21}, "repeat_rate"),
        ({"mode": "calibration", "repeat_rate": 5}, "repeat_rate"),
    ],
)
def test_options_that_do_not_fit_are_refused_by_name(project, lena, rubric_version, options, field):
    with pytest.raises(ItemsDoNotFit) as refused:
        open_with(project, lena, rubric_version, **options)
    assert set(refused.value.fields) == {field}
