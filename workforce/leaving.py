"""What follows when somebody works in a team no longer.

This app knows nothing of those above it, so each of them names its verb when it starts. Whoever takes the role of a
rater away calls `left`, in the same transaction.
"""

from typing import Protocol

from workforce.models import Team, User


class Follows(Protocol):
    """A verb that lets go of what the person holds in the team."""

    def __call__(self, *, rater: User, team: Team, actor: User, reason: str) -> object: ...


_verbs: list[Follows] = []


def follows(verb: Follows) -> None:
    """Call the verb from now on whenever somebody leaves."""
    _verbs.append(verb)


def left(*, rater: User, team: Team, actor: User, reason: str) -> None:
    """Let everything follow. `actor` is an admin of the team."""
    for verb in _verbs:
        verb(rater=rater, team=team, actor=actor, reason=reason)
