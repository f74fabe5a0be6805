"""No more than two passwords are hashed at once on a host; who comes third is told to wait, and loses nothing."""

import subprocess
import sys
import threading
import time
from contextlib import ExitStack

import pytest
from django.conf import settings as site
from django.contrib.auth.hashers import make_password
from django.test import Client

from workforce.errors import SignInBusy
from workforce.hashing import hashing_place
from workforce.models import Allowance, User

HOLD = """
import sys, pathlib
from django.conf import settings
settings.configure(VAR_DIR=pathlib.Path(sys.argv[1]), USE_I18N=False)
from workforce import hashing
hashing._lock(), hashing._lock()
print("held", flush=True)
sys.stdin.read()
"""


def test_a_third_waits_and_is_then_turned_away() -> None:
    with ExitStack() as both:
        both.enter_context(hashing_place())
        both.enter_context(hashing_place())
        with pytest.raises(SignInBusy) as refused, hashing_place():
            pass
        assert refused.value.retry_after
    with hashing_place():
        pass


def test_the_places_are_shared_by_processes_and_freed_by_a_kill(settings) -> None:
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(settings.VAR_DIR)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=site.BASE_DIR,
        text=True,
    )
    assert other.stdout is not None and other.stdout.readline() == "held\n"
    with pytest.raises(SignInBusy):
        make_password("a long enough phrase")
    other.kill()
    other.wait()
    assert make_password("a long enough phrase").startswith("pbkdf2_sha256$1000000$")


def test_of_many_threads_two_hash_at_once() -> None:
    inside, most, busy, lock = 0, 0, 0, threading.Lock()
    start, leave = threading.Barrier(8), threading.Event()

    def everybody_is_somewhere() -> bool:
        return (inside, busy) == (2, 6)

    def hash_one() -> None:
        nonlocal inside, most, busy
        start.wait()
        try:
            with hashing_place():
                with lock:
                    inside += 1
                    most = max(most, inside)
                    if everybody_is_somewhere():
                        leave.set()
                leave.wait(20)
                with lock:
                    inside -= 1
        except SignInBusy:
            with lock:
                busy += 1
                if everybody_is_somewhere():
                    leave.set()

    threads = [threading.Thread(target=hash_one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (most, busy) == (2, 6)


@pytest.mark.django_db
def test_sign_in_says_503_and_the_attempt_does_not_count(client: Client, lena: User) -> None:
    with ExitStack() as both:
        both.enter_context(hashing_place())
        both.enter_context(hashing_place())
        answer = client.post("/login/", {"username": "lena", "password": "whatever it is"})
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "nobody was locked out" in answer.content.decode()
    assert 'value="lena"' in answer.content.decode()
    assert not Allowance.objects.filter(free_at__gt=time.time()).exists()
