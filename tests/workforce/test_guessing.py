"""Guessing a password: few guesses are read at all, and no stranger's guesses keep the owner out."""

import pytest
from django.core import signing
from django.db.models import F
from django.test import Client, RequestFactory

from tests.workforce import counting
from tests.workforce.counting import CountingHasher
from workforce import signing_in
from workforce.devices import address_of
from workforce.errors import TooManyRequests, WrongNameOrPassword
from workforce.models import Allowance, User

pytestmark = pytest.mark.django_db
PASSWORD, WRONG = "a long enough phrase", "another phrase"


@pytest.fixture(autouse=True)
def _quick_hashes(settings) -> None:
    settings.PASSWORD_HASHERS = [counting.PATH]


@pytest.fixture
def owner(rosa: User) -> User:
    rosa.email = "Rosa@example.org"
    rosa.set_password(PASSWORD)
    rosa.save()
    return rosa


def _guess(name: str, address: str, password: str = WRONG, device: str = "") -> str:
    person = signing_in.find_person(name=name)
    attempt = signing_in.Attempt(name=name, password=password, address=address)
    try:
        signing_in.check(attempt=attempt, person=person, device=device)
    except (TooManyRequests, WrongNameOrPassword) as refusal:
        return refusal.code
    return "in"


def _an_hour_passes_in(steps: int) -> None:
    Allowance.objects.update(free_at=F("free_at") - 3600 / steps)


@pytest.mark.parametrize("names", [["rosa"], ["rosa", "rosa@example.org", "ROSA@EXAMPLE.ORG"], ["nobody", "NoBody"]])
@pytest.mark.parametrize("addresses", [1, 200])
def test_of_a_thousand_guesses_in_an_hour_at_most_twenty_are_read(owner: User, names: list[str], addresses: int):
    before = CountingHasher.asked
    for n in range(1000):
        _guess(names[n % len(names)], f"192.0.2.{n % addresses}")
        if n % 25 == 24:
            _an_hour_passes_in(40)
    assert 5 <= CountingHasher.asked - before <= 20


def test_a_name_that_is_nobodys_costs_and_says_the_same(owner: User) -> None:
    spent = {}
    for name in ("rosa", "nobody", "rosa@example.org", "nobody@example.org"):
        Allowance.objects.all().delete()
        before = CountingHasher.asked
        said = [_guess(name, "192.0.2.1") for _ in range(7)]
        spent[name] = (said, CountingHasher.asked - before)
    assert len({str(value) for value in spent.values()}) == 1
    assert spent["rosa"][1] == 5


def test_a_disabled_person_costs_and_says_the_same(owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(is_active=False)
    before = CountingHasher.asked
    assert _guess("rosa", "192.0.2.1", PASSWORD) == "wrong_name_or_password"
    assert CountingHasher.asked == before + 1


def test_strangers_keep_nobody_out_who_has_signed_in_on_this_device_before(owner: User) -> None:
    at_home = Client()
    at_home.post("/login/", {"username": "rosa", "password": PASSWORD})
    at_home.post("/logout/")
    for n in range(100):
        _guess("rosa", f"192.0.2.{n}")
    # Even from the same address as the stranger's.
    for _ in range(10):
        _guess("rosa", "127.0.0.1")
    fresh = Client().post("/login/", {"username": "rosa", "password": PASSWORD})
    assert fresh.status_code == 429 and int(fresh.headers["Retry-After"]) > 0
    assert at_home.post("/login/", {"username": "rosa", "password": PASSWORD}).status_code == 302


def test_one_address_cannot_keep_the_owner_out_of_a_new_device(owner: User) -> None:
    for _ in range(48):
        for _ in range(5):
            _guess("rosa", "192.0.2.1")
        _an_hour_passes_in(12)
    assert _guess("rosa", "192.0.2.2", PASSWORD) == "in"


def test_a_known_device_is_limited_too_and_known_for_its_people_only(owner: User, lena: User) -> None:
    before = CountingHasher.asked
    for _ in range(50):
        _guess("rosa", "192.0.2.1", device="d1")
    assert CountingHasher.asked - before == 10
    at_home = Client()
    at_home.post("/login/", {"username": "rosa", "password": PASSWORD})
    at_home.post("/logout/")
    said = [at_home.post("/login/", {"username": "lena", "password": "wrong"}).status_code for _ in range(7)]
    assert said == [200] * 5 + [429] * 2


def test_a_forged_device_is_no_known_one(owner: User) -> None:
    client = Client()
    client.cookies["device"] = signing.dumps({"id": "x", "people": [owner.pk]}, key="k" * 50, salt="workforce.device")
    said = [client.post("/login/", {"username": "rosa", "password": "wrong"}).status_code for _ in range(6)]
    assert said == [200] * 5 + [429]


def test_right_answers_use_nothing_up(owner: User) -> None:
    assert {_guess("rosa", "192.0.2.1", PASSWORD) for _ in range(200)} == {"in"}


def test_a_room_of_many_people_behind_one_address_signs_in(owner: User) -> None:
    for n in range(150):
        User.objects.create_user(f"r{n}", password=PASSWORD)
        assert _guess(f"r{n}", "198.51.100.1", PASSWORD) == "in"


def test_one_address_tries_many_names_in_vain(settings, owner: User) -> None:
    settings.RATES = {**settings.RATES, "sign_in_address": (100, 360_000)}
    before = CountingHasher.asked
    for n in range(500):
        _guess(f"name{n}", "192.0.2.1")
    assert CountingHasher.asked - before == 100


def test_a_password_too_long_is_not_hashed(owner: User) -> None:
    before = CountingHasher.asked
    assert _guess("rosa", "192.0.2.1", "x" * 129) == "wrong_name_or_password"
    assert CountingHasher.asked == before


@pytest.mark.parametrize(
    ("proxies", "told", "address"),
    [
        (0, "203.0.113.9", "10.0.0.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "1.1.1.1, 203.0.113.9", "203.0.113.9"),
        (2, "1.1.1.1, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        (2, "203.0.113.9", "10.0.0.1"),
        (1, "", "10.0.0.1"),
        (1, "nonsense", "unknown"),
        (1, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
    ],
)
def test_only_our_own_proxies_are_believed(settings, proxies: int, told: str, address: str) -> None:
    settings.TRUSTED_PROXIES = proxies
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", headers={"X-Forwarded-For": told})
    assert address_of(request) == address
