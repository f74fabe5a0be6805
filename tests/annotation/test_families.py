"""One item of a prompt for each rater, where a lead wants it so."""

import pytest

from annotation import assigning, batching, leasing
from annotation.batch_options import BatchOptions
from annotation.models import Batch, Comparison, ComparisonResponse, Project, Response
from annotation.queueing import progressing
from tests.annotation.makers import answer, had, make_prompt, sha
from workforce.models import User

pytestmark = pytest.mark.django_db


def _pairs(project: Project, prompt: str, *, count: int) -> None:
    """Comparisons of two responses each to one prompt."""
    one = project.prompts.filter(external_id=prompt).first() or make_prompt(project, prompt)
    for _ in range(count):
        made = Comparison.objects.create(project=project, prompt=one, external_id=f"{prompt} {one.comparisons.count()}")
        for position in range(2):
            text = f"{made.external_id} {position}"
            response = Response.objects.create(prompt=one, digest=sha(text), text=text, model_tag=f"m{position}")
            ComparisonResponse.objects.create(comparison=made, response=response, position=position)


@pytest.fixture
def open_of(project, lena, rubric_version):
    """open_of(**options): a batch of all comparisons that are in no other one, one answer an item."""

    def make(**options) -> Batch:
        new = Comparison.objects.filter(tasks=None)
        return batching.open_batch(
            project=project,
            name="a batch",
            kind="pairwise",
            rubric_version=rubric_version,
            overlap=1,
            items=batching.items_from_comparisons(comparisons=new, kind="pairwise"),
            actor=lena,
            options=BatchOptions(**options),
        )

    return make


def _prompts_of(batch: Batch, rater: User) -> list[str]:
    found = []
    while (held := assigning.claim_next(batch=batch, rater=rater)) is not None:
        found.append(held.task.prompt.external_id)
        answer(held, value=3)
    return found


def test_nobody_gets_two_items_of_one_prompt(project, open_of, rosa, rafi):
    for prompt in ("one", "two"):
        _pairs(project, prompt, count=2)
    batch = open_of(one_per_prompt=True)
    assert progressing.progress_for(batch=batch, rater=rosa) == progressing.RaterProgress(0, 2)
    assert _prompts_of(batch, rosa) == ["one", "two"]
    assert progressing.progress_for(batch=batch, rater=rosa) == progressing.RaterProgress(2, 2)
    assert progressing.progress_for(batch=batch, rater=rafi).total == 2
    assert _prompts_of(batch, rafi) == ["one", "two"]


def test_without_the_wish_all_items_are_everybodys(project, open_of, rosa):
    _pairs(project, "one", count=3)
    assert _prompts_of(open_of(), rosa) == ["one"] * 3


def test_what_was_had_in_an_earlier_batch_counts_and_a_round_does_not(project, open_of, rosa):
    _pairs(project, "one", count=1)
    earlier = open_of()
    assert _prompts_of(earlier, rosa) == ["one"]
    _pairs(project, "one", count=1)
    _pairs(project, "two", count=1)
    later = open_of(one_per_prompt=True)
    assert progressing.progress_for(batch=later, rater=rosa).total == 1
    assert _prompts_of(later, rosa) == ["two"]
    Batch.objects.filter(pk=earlier.pk).update(mode="calibration")
    assert progressing.progress_for(batch=later, rater=rosa).total == 2


def test_what_the_rater_gave_up_themselves_comes_back_and_its_siblings_do_not(project, open_of, rosa):
    _pairs(project, "one", count=2)
    batch = open_of(one_per_prompt=True)
    held = assigning.claim_next(batch=batch, rater=rosa)
    leasing.release(token=held.token, rater=rosa)
    again = assigning.claim_next(batch=batch, rater=rosa)
    assert again.task == held.task
    answer(again, value=2)
    assert assigning.claim_next(batch=batch, rater=rosa) is None


def test_what_another_fetched_ahead_is_not_taken_over_by_who_knows_its_prompt(project, open_of, rosa, rafi, ines):
    _pairs(project, "one", count=2)
    batch = open_of(one_per_prompt=True)
    held = assigning.claim_next(batch=batch, rater=rosa)
    ahead = had(assigning.claim_next(batch=batch, rater=rafi, beyond=[held.token]), minutes=5)
    assert ahead is not None
    answer(held, value=3)
    assert assigning.claim_next(batch=batch, rater=rosa) is None
    assert assigning.claim_next(batch=batch, rater=ines).task == ahead.task
