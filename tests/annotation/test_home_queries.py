"""The rater's home asks the database as often for a dozen of everything as for two, and so does its poll."""

import pytest
from django.urls import reverse

from annotation import assigning, batching, panels
from annotation.batch_options import BatchOptions
from annotation.models import Batch
from tests.annotation.makers import answer, make_batch, make_comparison, shown_value
from tests.annotation.rubric_of_kinds import KINDS, publish
from workforce import consenting, messaging
from workforce.models import Skill, SkillGrant

pytestmark = pytest.mark.django_db

MOST = 13


@pytest.fixture
def busy(project, lena, rubric_version, rosa, team):
    """busy(n): n batches begun, n paused, n distressing; 2n rounds finished and 2n open; 3n letters."""

    def round_for(skill: Skill, kind: str) -> Batch:
        texts = "ab" if kind == "pairwise" else "abc"
        made = [make_comparison(project, f"{skill.slug}{k}{project.prompts.count()}", texts) for k in range(2)]
        batch = batching.open_batch(
            project=project,
            name=f"round for {skill.name}",
            kind=kind,
            rubric_version=rubric_version,
            overlap=2,
            items=batching.items_from_comparisons(comparisons=made, kind=kind),
            actor=lena,
            options=BatchOptions(mode="calibration", grants=skill, pass_at=2),
        )
        said = {"strength": -2} if kind == "pairwise" else {"ranks": [1, 2, 3]}
        for task in batch.tasks.all():
            panels.answer_as_panel(task=task, answer=said, note="why", actor=lena)
        return batch

    def go_through(batch: Batch) -> None:
        while (held := assigning.claim_next(batch=batch, rater=rosa)) is not None:
            if batch.kind == "pairwise":
                answer(held, value=shown_value(held, -1), rationale="so")
            else:
                answer(held, ranking=[3 - position for position in held.display_order], rationale="so")

    def make(n: int) -> None:
        for turn in range(n):
            begun, paused, violent = (make_batch(project, lena, rubric_version, tasks=4) for _ in range(3))
            for _ in range(3):
                answer(assigning.claim_next(batch=begun, rater=rosa), value=3, active_ms=60_000)
            batching.pause_batch(batch=paused, actor=lena, reason="Wait.")
            Batch.objects.filter(pk=violent.pk).update(category="violence", severity="mild")
            for kind in ("pairwise", "ranking"):
                skill = Skill.objects.create(team=team, slug=f"{kind}-{turn}", name=f"Skill {turn} of {kind}")
                go_through(round_for(skill, kind))
                round_for(skill, kind)
            changed = publish(rubric_version.rubric, lena, KINDS)
            for target, more in (
                (f"batch:{begun.pk}", {}),
                (f"rubric_version:{changed.pk}", {"pinned": True, "kind": "rubric"}),
                (f"rubric_version:{changed.pk}", {"kind": "rubric"}),
            ):
                messaging.send(team=team, author=lena, body=f"About {target}.", target=target, **more)
        consenting.agree(user=rosa, category="violence", up_to=1)
        assigning.claim_next(batch=begun, rater=rosa)

    return make


@pytest.mark.parametrize("n", [2, 12])
@pytest.mark.parametrize("name", ["work", "work-waiting"])
def test_the_home_asks_as_often_however_much_there_is(busy, rosa, client, django_assert_max_num_queries, n, name):
    busy(n)
    client.force_login(rosa)
    # A session notes that it is in use once in five minutes, not with every request.
    client.get(reverse("work-waiting"))
    with django_assert_max_num_queries(MOST):
        response = client.get(reverse(name))
    if name == "work-waiting":
        assert response.json()["messages"] == 3 * n and len(response.json()["batches"]) == 4 * n
        return
    text = response.content.decode()
    assert f"Other work ({2 * n - 1})" in text and "1 item left, about 1 minute" in text
    assert text.count("It goes on when a lead resumes it.") == n
    assert text.count("Valid to") == n and text.count("2 practice items") == n
    assert text.count("See why") == 3
    assert text.count("About rubric_version") == {2: 4, 12: 15}[n]
    assert SkillGrant.objects.filter(user=rosa).count() == n
