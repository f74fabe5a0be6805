"""The second step: nothing opens before it, each code counts once, and no stranger's guesses keep the owner out."""

import re
import threading
import time
from base64 import b32decode

import pytest
from django.db import connections
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from annotation.models import Project
from tests.workforce import counting
from workforce import accounts, people, roles, second_step, totp
from workforce.errors import NotAllowed, SecondStepRequired, TooManyRequests, WrongCode
from workforce.managing import BelongsElsewhere
from workforce.models import AuditEvent, RecoveryCode, Role, SecondStep, Team, User

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough phrase"


@pytest.fixture(autouse=True)
def _quick_and_strict(settings) -> None:
    settings.PASSWORD_HASHERS = [counting.PATH]
    settings.REQUIRE_TOTP = True


def _code(user: User, *, pending: bool = False, off: int = 0) -> str:
    step = SecondStep.objects.get(user=user)
    secret = step.pending if pending else step.secret
    return totp.code_at(secret=b32decode(secret), step=int(time.time()) // 30 + off)


def _set_up(user: User) -> tuple[User, list[str]]:
    """With a step in force, none of whose codes has been used yet."""
    second_step.pending_secret(user=user)
    user, codes = second_step.confirm(user=user, code=_code(user, pending=True))
    SecondStep.objects.filter(user=user).update(used_step=0)
    return user, codes


def _signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


# ---- the gate


def _pages() -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    values = {"int": "1", "uuid": "7b89b1e8-f20c-432b-83b3-9fcfffe1ca3e", "slug": "helpful", "str": "en"}

    def walk(resolver: URLResolver, place: str) -> None:
        for pattern in resolver.url_patterns:
            here = place + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                walk(pattern, here)
            elif isinstance(pattern, URLPattern):
                path = re.sub(r"<(\w+):\w+>", lambda part: values[part[1]], here)
                found.append((str(pattern.name), "/" + path))

    walk(get_resolver(), "")
    return found


def test_an_unverified_lead_reaches_the_second_step_and_the_way_out_and_nothing_else(project: Project, ada) -> None:
    """Every address of the site by GET and by POST, before and after a step is set up."""
    opened: dict[str, set[str]] = {}
    for stage in ("second-step-set-up", "second-step"):
        client = _signed_in(ada)
        opened[stage] = set()
        for name, path in _pages():
            for method in ("get", "post"):
                answer = getattr(client, method)(path)
                gate = answer.status_code == 302 and answer.headers["Location"].startswith(reverse(stage))
                gate |= path.startswith("/api/") and answer.json()["error"]["code"] == "second_step_needed"
                if not gate:
                    opened[stage].add(name)
                if name == "logout":
                    client = _signed_in(ada)
        ada, _ = _set_up(ada)
    ways_out = {"login-link", "logout", "words"}
    assert opened["second-step-set-up"] - {"login", "second-step"} == {*ways_out, "second-step-set-up"}
    assert opened["second-step"] - {"login", "second-step-set-up"} == {*ways_out, "second-step"}


@pytest.mark.parametrize(("name", "asked"), [("ada", True), ("lena", True), ("rosa", False)])
def test_who_is_asked_to_set_one_up(request: pytest.FixtureRequest, settings, name: str, asked: bool) -> None:
    person = request.getfixturevalue(name)
    assert second_step.needed(user=person) is asked
    assert _signed_in(person).get("/account/").status_code == (302 if asked else 200)
    settings.REQUIRE_TOTP = False
    assert _signed_in(person).get("/account/").status_code == 200


def test_a_rater_who_becomes_a_lead_is_asked_at_the_next_request(team, ada, rosa) -> None:
    client = _signed_in(rosa)
    assert client.get("/account/").status_code == 200
    people.add_member(team=team, username="rosa", role=Role.LEAD, actor=ada)
    assert client.get("/account/").headers["Location"] == "/account/second-step/set-up/?next=%2Faccount%2F"


def test_the_gate_leads_on_to_where_one_was_going(project, lena) -> None:
    client = _signed_in(lena)
    first = client.get("/p/helpful/batches/?state=open")
    assert first.headers["Location"] == "/account/second-step/set-up/?next=%2Fp%2Fhelpful%2Fbatches%2F%3Fstate%3Dopen"
    client.get(first.headers["Location"])
    shown = client.post(
        "/account/second-step/set-up/", {"code": _code(lena, pending=True), "next": "/p/helpful/batches/?state=open"}
    )
    assert 'href="/p/helpful/batches/?state=open"' in shown.content.decode()
    assert client.get("/p/helpful/batches/").status_code == 200


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_it_leads_nowhere_else(lena, wanted: str) -> None:
    lena, codes = _set_up(lena)
    answer = _signed_in(lena).post("/account/second-step/", {"code": codes[0], "next": wanted})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")


# ---- setting up


def test_the_page_shows_the_secret_twice_and_no_script_or_style_of_its_own(lena) -> None:
    page = _signed_in(lena).get("/account/second-step/set-up/").content.decode()
    secret = SecondStep.objects.get(user=lena).pending
    assert " ".join(secret[at : at + 4] for at in range(0, 32, 4)) in page
    assert 'src="data:image/svg+xml' in page
    assert " style=" not in page and "<style" not in page


def test_a_wrong_code_sets_nothing_up(lena) -> None:
    client = _signed_in(lena)
    client.get("/account/second-step/set-up/")
    answer = client.post("/account/second-step/set-up/", {"code": "000000x"})
    assert answer.status_code == 422
    lena.refresh_from_db()
    assert lena.second_step_since is None and not RecoveryCode.objects.exists()


def test_recovery_codes_are_ten_shown_once_and_kept_as_hashes(lena) -> None:
    client = _signed_in(lena)
    client.get("/account/second-step/set-up/")
    made = client.post("/account/second-step/set-up/", {"code": _code(lena, pending=True)})
    codes = re.findall(r"<code>([a-z2-7-]+)</code>", made.content.decode())
    assert len(set(codes)) == 10 and {len(code) for code in codes} == {29}
    assert "no-store" in made.headers["Cache-Control"]
    again = client.get("/account/second-step/set-up/").content.decode()
    stored = str(list(RecoveryCode.objects.values()))
    for code in codes:
        assert code not in again and code.replace("-", "") not in stored


def test_a_new_phone_ends_the_old_one_the_old_codes_and_every_other_session(lena) -> None:
    lena, old_codes = _set_up(lena)
    here, there = _signed_in(lena), _signed_in(lena)
    old = _code(lena)
    here.post("/account/second-step/", {"code": old})
    there.post("/account/second-step/", {"code": old_codes[0]})
    assert (here.get("/account/").status_code, there.get("/account/").status_code) == (200, 200)
    here.get("/account/second-step/set-up/")
    here.post("/account/second-step/set-up/", {"code": _code(lena, pending=True)})
    assert (here.get("/account/").status_code, there.get("/account/").status_code) == (200, 302)
    there.post("/account/second-step/", {"code": old_codes[1]})
    assert there.get("/account/").status_code == 302


def test_until_the_new_phone_is_confirmed_the_old_one_counts(lena) -> None:
    lena, _ = _set_up(lena)
    second_step.pending_secret(user=lena)
    with pytest.raises(WrongCode):
        second_step.verify(user=lena, code=_code(lena, pending=True), device="")
    second_step.verify(user=lena, code=_code(lena), device="")


# ---- passing


def test_a_code_passes_once(lena) -> None:
    lena, _ = _set_up(lena)
    code = _code(lena)
    second_step.verify(user=lena, code=f"{code[:3]} {code[3:]}", device="")
    for used in (code, _code(lena, off=-1)):
        with pytest.raises(WrongCode):
            second_step.verify(user=lena, code=used, device="")
    second_step.verify(user=lena, code=_code(lena, off=1), device="")


def test_the_code_that_set_it_up_does_not_pass(lena) -> None:
    second_step.pending_secret(user=lena)
    code = _code(lena, pending=True)
    lena, _ = second_step.confirm(user=lena, code=code)
    with pytest.raises(WrongCode):
        second_step.verify(user=lena, code=code, device="")


def test_a_recovery_code_passes_once_in_any_spelling_and_is_in_the_audit_log(lena, rosa) -> None:
    lena, codes = _set_up(lena)
    rosa, of_rosa = _set_up(rosa)
    second_step.verify(user=lena, code=codes[0].upper().replace("-", " "), device="")
    for used in (codes[0], of_rosa[0], ""):
        with pytest.raises(WrongCode):
            second_step.verify(user=lena, code=used, device="")
    assert AuditEvent.objects.filter(verb="use_recovery_code", actor=lena).count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["digits", "recovery"])
def test_of_two_who_send_the_same_code_at_once_one_passes(lena, settings, kind: str) -> None:
    settings.RATES = dict.fromkeys(settings.RATES)
    lena, codes = _set_up(lena)
    code, passed, start = {"digits": _code(lena), "recovery": codes[0]}[kind], [], threading.Barrier(6)

    def send() -> None:
        start.wait()
        try:
            second_step.verify(user=lena, code=code, device="")
            passed.append(1)
        except WrongCode:
            pass
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(passed) == 1


def test_who_knows_the_password_does_not_keep_the_owner_out(lena) -> None:
    lena = accounts.set_password(user=lena, new=PASSWORD, old=None)
    at_home = Client()
    sign_in = {"username": "lena", "password": PASSWORD}
    lena, codes = _set_up(lena)
    at_home.post("/login/", sign_in)
    at_home.post("/account/second-step/", {"code": codes[0]})
    at_home.post("/logout/")
    said = []
    for _ in range(8):  # a new device each time, with the right password
        thief = Client()
        thief.post("/login/", sign_in)
        said.append(thief.post("/account/second-step/", {"code": "000000"}).status_code)
    assert said == [422] * 5 + [429] * 3
    at_home.post("/login/", sign_in)
    assert at_home.post("/account/second-step/", {"code": codes[1]}).status_code == 302
    assert at_home.get("/account/").status_code == 200


def test_a_password_alone_makes_no_device_known(lena) -> None:
    lena = accounts.set_password(user=lena, new=PASSWORD, old=None)
    lena, _ = _set_up(lena)
    thief = Client()
    thief.post("/login/", {"username": "lena", "password": PASSWORD})
    assert "device" not in thief.cookies


def test_guesses_end_soon(lena) -> None:
    lena, _ = _set_up(lena)
    for _ in range(5):
        with pytest.raises(WrongCode):
            second_step.verify(user=lena, code="000000", device="")
    with pytest.raises(TooManyRequests) as refused:
        second_step.verify(user=lena, code=_code(lena), device="")
    assert refused.value.retry_after and refused.value.retry_after > 600


def test_signing_in_again_asks_again(lena) -> None:
    lena, codes = _set_up(lena)
    client = _signed_in(lena)
    client.post("/account/second-step/", {"code": codes[0]})
    client.post("/logout/")
    client.force_login(lena)
    assert client.get("/account/").status_code == 302


# ---- doing without


def test_a_rater_switches_it_off_with_a_code_and_a_lead_does_not(rosa, lena) -> None:
    for person, off in ((rosa, True), (lena, False)):
        person, codes = _set_up(person)
        client = _signed_in(person)
        client.post("/account/second-step/", {"code": codes[0]})
        assert client.post("/account/second-step/off/", {"code": "000000"}).status_code == 422
        answer = client.post("/account/second-step/off/", {"code": codes[1]})
        assert answer.status_code == (302 if off else 409)
        person.refresh_from_db()
        assert (person.second_step_since is None) is off
    with pytest.raises(SecondStepRequired):
        second_step.drop(user=lena)


def test_an_admin_resets_it_and_the_sessions_end(project, ada, lena, vic) -> None:
    lena, codes = _set_up(lena)
    client = _signed_in(lena)
    client.post("/account/second-step/", {"code": codes[0]})
    with pytest.raises(NotAllowed):
        second_step.reset(team=project.team, user=lena, actor=lena)
    people.add_member(team=project.team, username="vic", role=Role.RATER, actor=None)
    with pytest.raises(BelongsElsewhere):
        second_step.reset(team=project.team, user=vic, actor=ada)
    second_step.reset(team=project.team, user=lena, actor=ada)
    assert client.get("/account/").headers["Location"].startswith("/login/")
    lena.refresh_from_db()
    assert lena.second_step_since is None and not SecondStep.objects.exists()
    assert _signed_in(lena).get("/account/").headers["Location"].startswith("/account/second-step/set-up/")
    assert Team.objects.exists() and roles.holds(user=lena, team=project.team, role=Role.LEAD)
