"""Hashing passwords without letting it take the machine: two at once on a host, whoever asks for it.

One hash costs about a quarter of a second of a core by design. The limit stands in the hasher itself, so that no
page can forget it. See ADR 22.
"""

import fcntl
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher

from workforce.errors import SignInBusy

AT_ONCE = 2
PATIENCE_SECONDS = 1.0
GLANCE_SECONDS = 0.02
# Of the threads of a web process, so many hash or wait for it; the others answer raters meanwhile.
_threads = threading.BoundedSemaphore(AT_ONCE)


class PasswordHasher(PBKDF2PasswordHasher):
    """Django's own, one of two at a time. Raises SignInBusy."""

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        with hashing_place():
            return super().encode(password, salt, iterations)


@contextmanager
def hashing_place() -> Iterator[None]:
    """One of the places at which this host hashes passwords. Raises SignInBusy when none is free within a second."""
    if not _threads.acquire(blocking=False):
        raise SignInBusy
    try:
        lock = _lock()
        try:
            yield
        finally:
            os.close(lock)
    finally:
        _threads.release()


def _lock() -> int:
    """A locked file; the kernel unlocks it with the process, so a killed one leaves its place free."""
    folder = settings.VAR_DIR / "hashing"
    folder.mkdir(mode=0o700, exist_ok=True)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        for place in range(AT_ONCE):
            lock = os.open(folder / f"{socket.gethostname()}-{place}", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(lock)
            else:
                return lock
        if time.monotonic() > deadline:
            raise SignInBusy
        time.sleep(GLANCE_SECONDS)
