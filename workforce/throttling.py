"""How often something may be done: one statement per act, exact however many ask at once.

A rate of COUNT per PERIOD is a bucket that holds COUNT and refills evenly (the generic cell rate algorithm, ITU-T
I.371). Whoever was away may do COUNT at once; over any PERIOD it is never more than twice COUNT. See ADR 21.
"""

import hashlib
import hmac
import math
from typing import Any

from django.conf import settings
from django.db import connection

from workforce.errors import TooManyRequests
from workforce.models import Allowance

# A row further ahead than anything this module writes was written under another clock: it is begun anew.
CLOCK_SLACK = 60.0
NOW = {
    "postgresql": "EXTRACT(EPOCH FROM clock_timestamp())::double precision",
    "sqlite": "((julianday('now') - 2440587.5) * 86400.0)",
}
BASE = """CASE WHEN a.free_at < {now} OR a.free_at > {now} + %(period)s + %(step)s + %(slack)s
          THEN {now} ELSE a.free_at END"""
TAKE = """INSERT INTO workforce_allowance AS a (key, free_at) VALUES (%(key)s, {now} + %(step)s)
          ON CONFLICT (key) DO UPDATE SET free_at = {base} + %(step)s
          WHERE {base} + %(step)s <= {now} + %(period)s + 0.0005
          RETURNING free_at"""
WAIT = "SELECT free_at + %(step)s - %(period)s - {now} FROM workforce_allowance WHERE key = %(key)s"
GIVE_BACK = "UPDATE workforce_allowance SET free_at = free_at - %(step)s WHERE key = %(key)s"
PRUNE = "DELETE FROM workforce_allowance WHERE free_at < {now}"


def take(*, what: str, who: str) -> None:
    """Count one more act of this kind. Raises TooManyRequests, with the seconds to wait, if it is one too many.

    `what` is a name in settings.RATES; a rate of None never refuses. Do this outside a transaction that may be
    taken back, or the count goes with it.
    """
    values = _values(what, who)
    if values is None:
        return
    with connection.cursor() as cursor:
        cursor.execute(_sql(TAKE), values)
        if cursor.fetchone() is not None:
            return
        cursor.execute(_sql(WAIT), values)
        row = cursor.fetchone()
    raise TooManyRequests(retry_after=max(1, math.ceil(row[0])) if row else 1)


def give_back(*, what: str, who: str) -> None:
    """Take one act off the count again: it turned out not to be one of those that are limited."""
    values = _values(what, who)
    if values is not None:
        with connection.cursor() as cursor:
            cursor.execute(_sql(GIVE_BACK), values)


def forget(*, what: str, who: str) -> None:
    """Begin the count anew."""
    Allowance.objects.filter(key=_key(what, who)).delete()


def prune() -> int:
    """Remove counts that stand at nothing; returns how many. Changes no answer of `take`."""
    with connection.cursor() as cursor:
        cursor.execute(_sql(PRUNE))
        return cursor.rowcount


def _values(what: str, who: str) -> dict[str, Any] | None:
    rate = settings.RATES[what]
    if rate is None:
        return None
    count, period = rate
    return {"key": _key(what, who), "period": float(period), "step": period / count, "slack": CLOCK_SLACK}


def _key(what: str, who: str) -> str:
    return hmac.new(settings.SECRET_KEY.encode(), f"{what}:{who}".encode(), hashlib.sha256).hexdigest()


def _sql(statement: str) -> str:
    now = NOW[connection.vendor]
    return statement.format(now=now, base=BASE.format(now=now))
