"""How raters did on gold and on repeats, as leads see it."""

import pytest
from django.urls import reverse

from annotation import assigning
from annotation.models import Batch, Task
from annotation.queueing.outcomes import outcomes_of
from tests.annotation.golds import make_golds, open_with
from tests.annotation.makers import answer, shown_value
from workforce.models import User

pytestmark = pytest.mark.django_db


def _work(batch: Batch, rater: User, count: int, *, right: int, alike: int) -> None:
    """So many items, of which the first so many golds are right and the first so many repeats alike."""
    for _ in range(count):
        held = assigning.claim_next(batch=batch, rater=rater)
        if held.task.lane == Task.Lane.GOLD:
            panel = held.task.panel_answer.answer["strength"]
            answer(held, value=shown_value(held, panel * 2 if right > 0 else -panel))
            right -= 1
        elif held.task.lane == Task.Lane.REPEAT:
            answer(held, value=shown_value(held, 2 if alike > 0 else 0))
            alike -= 1
        else:
            answer(held, value=shown_value(held, 1))


def test_golds_are_right_on_the_panels_side_and_repeats_alike_on_the_same(project, lena, rubric_version, rosa):
    make_golds(project, [1, -1] * 6)
    batch = open_with(project, lena, rubric_version, tasks=60, overlap=1, gold_rate=10, repeat_rate=20)
    assert [one.share.n for one in outcomes_of(batch=batch)] == [0, 0]
    _work(batch, rosa, 30, right=5, alike=3)
    gold, repeats = (one.share for one in outcomes_of(batch=batch))
    assert (gold.right, gold.n) == (5, 7) and (repeats.right, repeats.n) == (3, 4)
    assert 0 < gold.low < 71 < gold.high <= 100


def test_what_could_not_be_judged_counts_in_neither(project, lena, rubric_version, rosa):
    make_golds(project, [1, -1] * 6)
    batch = open_with(project, lena, rubric_version, tasks=30, overlap=1, gold_rate=10)
    for _ in range(10):
        answer(assigning.claim_next(batch=batch, rater=rosa), cant_judge="other")
    assert [one.share.n for one in outcomes_of(batch=batch)] == [0]


def test_the_rank_that_the_panel_gave_decides(project, lena, rubric_version, rosa):
    make_golds(project, [0] * 10, responses=3)
    batch = open_with(project, lena, rubric_version, tasks=20, overlap=1, kind="ranking", responses=3, gold_rate=10)
    for _ in range(10):
        held = assigning.claim_next(batch=batch, rater=rosa)
        answer(held, ranking=[position + 1 for position in held.display_order])
    [gold] = outcomes_of(batch=batch)
    assert (gold.share.right, gold.share.n) == (5, 5) and "orders" in gold.rule


def test_the_page_and_the_api_say_so(client, project, lena, rubric_version, rosa):
    make_golds(project, [1, -1] * 6)
    batch = open_with(project, lena, rubric_version, tasks=60, overlap=1, gold_rate=10, repeat_rate=20)
    _work(batch, rosa, 30, right=5, alike=3)
    client.force_login(lena)
    address = reverse("batch-outcomes", args=[project.slug, batch.number])
    whole = client.get(reverse("batch", args=[project.slug, batch.number])).content.decode()
    assert f'hx-get="{address}"' in whole and "gold on 10 % of a rater’s items" in whole
    part = client.get(address, headers={"HX-Request": "true"}).content.decode()
    shown = client.get(address).content.decode()
    assert "<html" in shown and part.lstrip().startswith("<section") and part.strip() in shown
    assert "5 of 7 right" in shown and "3 of 4 alike" in shown
    body = client.get(reverse("api-batch", args=[batch.pk])).json()
    assert [(one["of"], one["right"], one["n"]) for one in body["outcomes"]] == [("gold", 5, 7), ("repeats", 3, 4)]
    assert body["options"]["gold_rate"] == 10 and body["progress"]["tasks"] == 60


def test_a_lead_chooses_on_the_form_and_is_told_what_does_not_fit(client, project, lena, rubric_version):
    make_golds(project, [1, -1] * 4)
    sent = {
        "name": "checked",
        "kind": "pairwise",
        "source": "c:",
        "scale": "pref7",
        "overlap": 2,
        "rubric_version": rubric_version.pk,
        "lease_minutes": 30,
        "reason_share": 0,
        "mode": "work",
        "limit": 1,
        "gold_rate": 5,
    }
    client.force_login(lena)
    refused = client.post(reverse("batch-new", args=[project.slug]), sent)
    assert refused.status_code == 422 and "it takes at least 10" in refused.content.decode()
    make_golds(project, [1, -1] * 4, name="more")
    more = {"repeat_rate": 5, "audit_share": 100, "overlap_most": 4}
    assert client.post(reverse("batch-new", args=[project.slug]), sent | more).status_code == 302
    batch = Batch.objects.get()
    assert (batch.gold_rate, batch.repeat_rate, batch.audit_share, batch.audit_overlap) == (5, 5, 100, 4)
    assert batch.tasks.filter(lane="gold").count() == 15
    other = sent | more | {"kind": "demonstration", "name": "texts"}
    assert client.post(reverse("batch-new", args=[project.slug]), other).status_code == 302
    assert Batch.objects.order_by("pk").last().gold_rate == 0
