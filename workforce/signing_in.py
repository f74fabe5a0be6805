"""Signing in by name and password, guarded against guessing without a way to lock somebody else out.

Each attempt is counted before anything is hashed. On a device where the person has signed in before only attempts
from that device count. Elsewhere they count by name and address together, by name, and by address: a stranger can use
up what strangers may try on an account, never what its owner may. See ADR 21.
"""

import logging
from dataclasses import dataclass

from workforce import throttling
from workforce.accounts import PASSWORD_MAX
from workforce.errors import SignInBusy, TooManyRequests, WrongNameOrPassword
from workforce.models import User

log = logging.getLogger("assay.sign_in")


@dataclass(frozen=True, slots=True)
class Attempt:
    """Who is said to sign in, with which password, from which address."""

    name: str
    password: str
    address: str


def find_person(*, name: str) -> User | None:
    """Whom a user name or e-mail address names; the user name counts first."""
    return User.objects.filter(username=name).first() or (
        User.objects.filter(email__iexact=name).exclude(email="").first() if "@" in name else None
    )


def check(*, attempt: Attempt, person: User | None, device: str) -> User:
    """The person, if the password is theirs and they may sign in. `device` names one they are known on, or is empty.

    Whether there is such a person makes no difference in the answer nor in what is hashed.
    Raises WrongNameOrPassword, TooManyRequests, SignInBusy.
    """
    counts = _counts(attempt, person, device)
    for done, (what, who) in enumerate(counts):
        try:
            throttling.take(what=what, who=who)
        except TooManyRequests:
            log.warning("an attempt to sign in was refused unread: %s", what)
            # Nothing was tried, so nothing counts. The narrowest stands first: one address never uses up a name.
            for earlier, one in counts[:done]:
                throttling.give_back(what=earlier, who=one)
            raise
    try:
        right = _matches(attempt, person)
    except SignInBusy:
        for what, who in counts:
            throttling.give_back(what=what, who=who)
        raise
    if not right or person is None or not person.is_active:
        raise WrongNameOrPassword
    throttling.forget(what=counts[0][0], who=counts[0][1])
    for what, who in counts[1:]:
        throttling.give_back(what=what, who=who)
    return person


def _counts(attempt: Attempt, person: User | None, device: str) -> list[tuple[str, str]]:
    # An account has one count however it is named; a name that is nobody's has one too.
    whom = str(person.pk) if person else f"nobody {attempt.name.casefold()}"
    if device:
        return [("sign_in_device", f"{whom} {device}")]
    return [
        ("sign_in_pair", f"{whom} {attempt.address}"),
        ("sign_in_name", whom),
        ("sign_in_address", attempt.address),
    ]


def _matches(attempt: Attempt, person: User | None) -> bool:
    if len(attempt.password) > PASSWORD_MAX:
        return False
    if person is None:
        User().set_password(attempt.password)  # costs what a comparison costs
        return False
    return person.check_password(attempt.password)
