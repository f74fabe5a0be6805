"""The loop: six steps with state, number and action; the strip in the head of every admin's page."""

from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.urls import resolve, reverse

from annotation.models import Batch, Project, Slot, Task
from rubrics.models import RubricVersion
from tests.training.page_rows import make_model, make_preferences, make_round, make_run
from training.context import loop_strip
from training.loop import Step, next_step, steps_of
from training.loop_facts import administered, read_facts
from training.models import ModelAlias
from workforce.models import User


def steps(user: User, project: Project) -> dict[str, Step]:
    return {step.name: step for step in steps_of(read_facts(administered(user, project.slug)))}


def strip(user: User, url: str) -> list[Step]:
    request = RequestFactory().get(url)
    request.user, request.resolver_match = user, resolve(url)
    return list(loop_strip(request)["loop_steps"])


def open_batch(project: Project, version: RubricVersion, states: list[str]) -> None:
    batch = Batch.objects.create(
        project=project, number=1, name="B", kind="pairwise", rubric_version=version, overlap=1
    )
    prompts = make_round(project).prompt_set.prompts.all()
    for number, (prompt, state) in enumerate(zip(prompts, states, strict=False), start=1):
        task = Task.objects.create(batch=batch, prompt=prompt, number=number, place=number)
        Slot.objects.create(task=task, n=1, batch=batch, place=task.place, state=state)


def test_an_empty_project_offers_the_first_of_everything(ada: User, project: Project) -> None:
    found = steps(ada, project)
    assert [step.state for step in found.values()] == ["notyet"] * 6
    assert all(step.url and step.action and step.value for step in found.values())
    assert next_step(list(found.values())) == "Collect" and found["Collect"].action == "Import data"


def test_each_step_tells_its_number(ada: User, project: Project, rubric_version: RubricVersion) -> None:
    open_batch(project, rubric_version, ["done", "done", "open", "leased"])
    make_preferences(project, counts={"pairs": 2104})
    report = {"accuracy": 0.718, "interval": [0.70, 0.736], "n": 2412}
    make_run(project, 1, kind="reward", state="succeeded", name="rm-1", result=report)
    make_run(project, 2, step=71, name="ppo-2")
    for name, alias in (("ppo-1", "champion"), ("ppo-2", "candidate")):
        ModelAlias.objects.create(project=project, kind="policy", name=alias, model=make_model(project, name))
    found = steps(ada, project)
    assert (found["Collect"].value, found["Collect"].text) == ("2", "2 of 4")
    assert found["Snapshot"].value == "2,104"
    assert (found["Train"].value, found["Train"].state) == ("71 %", "running")
    assert found["Check"].value == "71.8 %"
    assert (found["Promote"].value, found["Promote"].state) == ("ppo-2", "look")
    assert (found["Next round"].value, found["Next round"].state) == ("4", "look")


def test_a_failed_run_is_whose_turn_it_is(ada: User, project: Project) -> None:
    make_run(project, state="failed", step=4)
    found = list(steps(ada, project).values())
    assert next_step(found) == "Train" and found[2].state == "blocks" and found[2].action == "See why"


@pytest.mark.parametrize(
    ("route", "place"),
    [
        ("runs", "Train"),
        ("run-new", "Train"),
        ("batches", "Collect"),
        ("batch-new", "Collect"),
        ("imports", "Collect"),
        ("sets", "Snapshot"),
        ("preference-set-new", "Snapshot"),
        ("models", "Promote"),
        ("rounds", "Next round"),
        ("round-new", "Next round"),
        ("people", ""),
    ],
)
def test_the_strip_marks_where_the_page_belongs(ada: User, project: Project, route: str, place: str) -> None:
    current = [step.name for step in strip(ada, reverse(route, args=[project.slug])) if step.current]
    assert current == ([place] if place else [])


def test_the_strip_is_cheap(
    ada: User, project: Project, rubric_version: RubricVersion, django_assert_max_num_queries: Any
) -> None:
    open_batch(project, rubric_version, ["done"] * 4)
    for number in range(1, 8):
        make_run(project, number, kind="reward", state="succeeded", result={"accuracy": 0.6, "interval": [0.5, 0.7]})
    url = reverse("runs", args=[project.slug])
    with django_assert_max_num_queries(4):
        assert len(strip(ada, url)) == 6


@pytest.mark.parametrize("name", ["vic", "lena", "rafi"])
def test_the_strip_is_for_admins_of_the_project(project: Project, name: str, request: pytest.FixtureRequest) -> None:
    assert strip(request.getfixturevalue(name), reverse("runs", args=[project.slug])) == []


def test_the_strip_asks_nothing_where_it_is_not_drawn(
    ada: User, project: Project, django_assert_num_queries: Any
) -> None:
    request = RequestFactory().get("/")
    request.user, request.resolver_match = ada, resolve("/")
    with django_assert_num_queries(0):
        loop_strip(request)
        assert list(loop_strip(request)["loop_steps"]) == []


def test_home_tells_where_models_came_from_and_what_happened_lately(
    client: Client, ada: User, project: Project
) -> None:
    client.force_login(ada)
    model = make_model(project, "ppo-9")
    client.post(reverse("model-alias", args=[project.slug, model.pk]), {"name": "champion"})
    text = client.get(reverse("project-home", args=[project.slug])).content.decode()
    assert "Where each model came from" in text and model.digest[:6] in text
    assert "Ada gave a name to the model ppo-9" in text


def test_a_round_counts_what_it_proposes_and_not_what_was_asked_for(ada: User, project: Project) -> None:
    found = make_round(project)
    found.config["items"] = 20
    found.save()
    assert steps(ada, project)["Next round"].value == "4"
