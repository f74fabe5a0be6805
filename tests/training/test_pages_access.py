"""Who may open the pages of training: admins of the project; others of the team are told, strangers find nothing."""

import pytest
from django.test import Client
from django.urls import reverse

from annotation.models import Project
from tests.training.page_rows import make_metrics, make_round, make_run
from workforce.models import User

PAGES = ["runs", "run-new", "run", "run-live", "run-metrics", "models", "model", "rounds", "round-new", "round"]
BUTTONS = ["run-stop", "run-resume", "model-alias", "model-verify", "round-open"]
EMPTY = ["project-home", "runs", "run-new", "models", "rounds", "round-new"]


@pytest.fixture
def addresses(project: Project) -> dict[str, str]:
    run, round_ = make_run(project), make_round(project)
    make_metrics(run, range(1, 5))
    keys: dict[str, list[int]] = {"model": [round_.policy.pk], "run": [run.number], "round": [round_.number]}
    keyed = {"model", "model-alias", "model-verify", "run", "run-live", "run-metrics", "run-stop", "run-resume"}
    keyed |= {"round", "round-open"}
    return {
        name: reverse(name, args=[project.slug, *(keys[name.split("-")[0]] if name in keyed else [])])
        for name in [*PAGES, *BUTTONS, "project-home"]
    }


def statuses(client: Client, addresses: dict[str, str], names: list[str], *, post: bool = False) -> dict[str, int]:
    return {name: (client.post if post else client.get)(addresses[name]).status_code for name in names}


def test_an_admin_opens_every_page_and_none_has_inline_style_or_script(
    client: Client, ada: User, addresses: dict[str, str]
) -> None:
    client.force_login(ada)
    for name in [*PAGES, "project-home"]:
        answer = client.get(addresses[name])
        assert answer.status_code == 200, name
        text = b"".join(answer.streaming_content).decode() if answer.streaming else answer.content.decode()  # type: ignore[attr-defined]  # the answer is a stream
        for inline in (" style=", "<style", "<script>", " onclick="):
            assert inline not in text, name


@pytest.mark.parametrize("page", EMPTY)
def test_it_works_in_an_empty_project(client: Client, ada: User, project: Project, page: str) -> None:
    client.force_login(ada)
    assert client.get(reverse(page, args=[project.slug])).status_code == 200


@pytest.mark.parametrize(("name", "status"), [("vic", 404), ("rafi", 403), ("lena", 403)])
def test_strangers_find_nothing_and_others_of_the_team_are_told(
    client: Client, addresses: dict[str, str], name: str, status: int, request: pytest.FixtureRequest
) -> None:
    client.force_login(request.getfixturevalue(name))
    assert statuses(client, addresses, PAGES) == dict.fromkeys(PAGES, status)
    assert statuses(client, addresses, BUTTONS, post=True) == dict.fromkeys(BUTTONS, status)


def test_a_stranger_does_not_find_the_home(client: Client, vic: User, addresses: dict[str, str]) -> None:
    client.force_login(vic)
    assert client.get(addresses["project-home"]).status_code == 404


def test_without_signing_in_every_page_leads_to_the_sign_in(client: Client, addresses: dict[str, str]) -> None:
    for name in [*PAGES, "project-home"]:
        answer = client.get(addresses[name])
        assert answer.status_code == 302 and answer["Location"].startswith(reverse("login")), name


def test_a_button_is_not_a_link(client: Client, ada: User, addresses: dict[str, str]) -> None:
    client.force_login(ada)
    assert statuses(client, addresses, BUTTONS) == dict.fromkeys(BUTTONS, 405)


def test_a_button_wants_the_token_of_its_page(ada: User, addresses: dict[str, str]) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(ada)
    assert statuses(strict, addresses, BUTTONS, post=True) == dict.fromkeys(BUTTONS, 403)


def test_home_sends_a_lead_to_the_batches(client: Client, lena: User, project: Project) -> None:
    client.force_login(lena)
    answer = client.get(reverse("project-home", args=[project.slug]))
    assert answer.status_code == 302 and answer["Location"] == reverse("batches", args=[project.slug])


def test_home_sends_a_rater_to_work(client: Client, rafi: User, project: Project) -> None:
    client.force_login(rafi)
    assert client.get(reverse("project-home", args=[project.slug]))["Location"] == reverse("work")
