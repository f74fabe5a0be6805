"""How long a request waits for a database whose host has gone: run in a network of its own, whose only line is cut.

`unshare --net python -m tests.faults.vanishing` prints as JSON, for a statement that is sent then and for one that
waits for its answer, what was raised and after how many seconds. The host says nothing any more, not even that nobody
listens: a cable pulled out, a machine without power.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.faults.cluster import Cluster, NoCluster

WAITING = "SELECT pg_sleep(300)"
IS_WAITING = "SELECT COUNT(*) FROM pg_stat_activity WHERE query = %s AND wait_event = 'PgSleep'"


def line(state: str) -> None:
    subprocess.run(["ip", "link", "set", "lo", state], check=True)


def raised(work: Callable[[], object]) -> dict[str, Any]:
    """Whether it says that the database is away, and after how many seconds."""
    from config.errors import database_is_away

    began, away = time.monotonic(), False
    try:
        work()
    except Exception as error:
        away = database_is_away(error)
    return {"away": away, "seconds": round(time.monotonic() - began, 1)}


def cut_off() -> dict[str, Any]:
    from django.db import connection

    def waits() -> object:
        with connection.cursor() as cursor:
            return cursor.execute(WAITING)

    with connection.cursor() as cursor, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(raised, waits)
        cursor.execute(IS_WAITING, [WAITING])
        while not cursor.fetchone()[0]:
            cursor.execute(IS_WAITING, [WAITING])
        line("down")
        sent = raised(lambda: cursor.execute("SELECT 1"))
        return {"sent": sent, "waiting": waiting.result()}


def main() -> int:
    line("up")
    try:
        with Cluster() as cluster:
            os.environ |= {"DATABASE_URL": cluster.url, "DJANGO_SETTINGS_MODULE": "config.settings"}
            import django

            django.setup()
            print(json.dumps(cut_off()))
            line("up")
    except NoCluster as reason:
        print(json.dumps({"skip": str(reason)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
