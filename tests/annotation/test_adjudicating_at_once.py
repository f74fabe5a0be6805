"""Two leads and their raters at once: one ruling an item, the others told so, nothing lost."""

import threading
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from annotation.adjudicating import adjudicate, answer_blind
from annotation.assigning import claim_next
from annotation.errors import AlreadyRuled, ItemTaken
from annotation.judging import Answer, submit_judgment
from annotation.models import Adjudication, BlindAnswer, Judgment, Task
from annotation.seating import take_seat
from rubrics.models import RubricVersion
from tests.annotation.adjudications import BROKEN, GAP, RIGHT, SPLIT, disputed
from tests.annotation.makers import answer, make_batch
from workforce import people
from workforce.auditing import verify_chain
from workforce.models import Role, User

pytestmark = pytest.mark.django_db(transaction=True)
LEADS = 4


@pytest.fixture
def leads(team) -> list[User]:
    names = [f"lead{n}" for n in range(LEADS)]
    return [people.add_member(team=team, username=name, role=Role.LEAD, actor=None) for name in names]


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each returned or raised, begun together."""
    start = threading.Barrier(len(acts))

    def do(act: Callable[[], Any]) -> Any:
        try:
            start.wait(timeout=30)
            return act()
        except (AlreadyRuled, ItemTaken) as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(do, acts))


def test_one_of_many_leads_rules(project, lena, rubric_version, rosa, rafi, leads):
    batch = disputed(project, lena, rubric_version, [[(rosa, -2), (rafi, 1)]] * 6)
    tasks = list(batch.tasks.order_by("number"))

    def rule(lead: User) -> list[Any]:
        got = []
        for task in tasks:
            answer_blind(task=task, actor=lead, answer={"strength": 1})
            try:
                got.append(adjudicate(task=task, actor=lead, **(SPLIT if lead.pk % 2 else RIGHT)))
            except (AlreadyRuled, ItemTaken) as refusal:
                got.append(refusal)
        return got

    outcomes = at_once(*(lambda lead=lead: rule(lead) for lead in leads))
    assert BlindAnswer.objects.count() == LEADS * len(tasks)
    for place, task in enumerate(tasks):
        got = [mine[place] for mine in outcomes]
        made = [one for one in got if isinstance(one, Adjudication)]
        assert [one.pk for one in made] == list(Adjudication.objects.filter(task=task).values_list("pk", flat=True))
        assert len(made) == 1
    assert verify_chain(stream=project.team.slug) is None


def test_one_of_many_leads_sits_down(project, lena, rubric_version, rosa, rafi, leads):
    task = disputed(project, lena, rubric_version, [[(rosa, -2), (rafi, 1)]]).tasks.get()
    got = at_once(*(lambda lead=lead: take_seat(task=task, actor=lead) for lead in leads))
    kinds = Counter(type(one).__name__ for one in got)
    assert kinds == {"AdjudicationSeat": 1, "ItemTaken": LEADS - 1}
    sits = next(one.lead for one in got if not isinstance(one, ItemTaken))
    assert all(str(sits) in one.message for one in got if isinstance(one, ItemTaken))


def test_gaps_found_at_once_are_all_in_the_one_draft(project, lena, rubric_version, rosa, rafi, leads):
    batch = disputed(project, lena, rubric_version, [[(rosa, -2), (rafi, 1)]] * LEADS)
    pairs = list(zip(batch.tasks.order_by("number"), leads, strict=True))
    for task, lead in pairs:
        answer_blind(task=task, actor=lead, answer=None)
    at_once(
        *(
            lambda task=task, lead=lead: adjudicate(task=task, actor=lead, **{**GAP, "note": f"gap {task.number}"})
            for task, lead in pairs
        )
    )
    draft = RubricVersion.objects.get(state="draft")
    assert all(f"gap {task.number}" in draft.guidance for task, _ in pairs)


def test_items_taken_out_while_people_answer_them(project, lena, rubric_version, rosa, rafi, ines, leads):
    batch = make_batch(project, lena, rubric_version, tasks=LEADS, overlap=4)
    while (held := claim_next(batch=batch, rater=rosa)) is not None:
        answer(held, value=2)
    tasks = list(Task.objects.filter(batch=batch).order_by("number"))
    for task, lead in zip(tasks, leads, strict=True):
        answer_blind(task=task, actor=lead, answer=None)

    def work(rater: User) -> int:
        done = 0
        while (held := claim_next(batch=batch, rater=rater)) is not None:
            said = Answer(cant_judge="unclear") if held.task.number % 2 else Answer(value=5)
            submit_judgment(token=held.token, rater=rater, submission=uuid.uuid4(), answer=said)
            done += 1
        return done

    got = at_once(
        lambda: work(rafi),
        lambda: work(ines),
        *(
            lambda task=task, lead=lead: adjudicate(task=task, actor=lead, **BROKEN)
            for task, lead in zip(tasks, leads, strict=True)
        ),
    )
    assert Judgment.objects.count() == LEADS + got[0] + got[1]
    assert set(Task.objects.filter(batch=batch).values_list("standing", flat=True)) == {"out"}
    assert Adjudication.objects.in_force().filter(outcome="broken").count() == LEADS
