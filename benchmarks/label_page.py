"""How fast the label screen is answered, over loopback, by the real web process on SQLite.

The limit is 100 ms for the page with its first item. Beside it, in the same run: the sign-in page, which
touches no task, so that a slow machine shows. Last line: one JSON object.
"""

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

GOAL_MS = 100.0
ROUNDS = 120


def measure(get: Callable[[], object]) -> tuple[float, float]:
    """Median and 95th percentile in ms of ROUNDS calls, after five to warm up."""
    times = []
    for n in range(ROUNDS + 5):
        began = time.perf_counter()
        get()
        if n >= 5:
            times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times), statistics.quantiles(times, n=20)[18]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "ASSAY_VAR": folder,
            "DATABASE_URL": f"sqlite:///{folder}/assay.sqlite3",
            "BROKER_URL": "filesystem://",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "RATE_CLAIM": "off",  # no person is as fast as this
            "RATE_SUBMIT": "off",
        }
        import django

        django.setup()
        from django.core.management import call_command

        from annotation.models import Batch
        from demo import seeding
        from demo.client import Person
        from demo.processes import Stack, free_port
        from workforce import people

        call_command("migrate", verbosity=0)
        place = seeding.seed_demo()
        results = []
        with Stack(var=Path(folder), port=free_port()) as stack:
            person = Person(stack.url)
            person.sign_in(people.issue_login_link(user=place.raters[0]))
            peer, _ = measure(lambda: Person(stack.url).request("GET", "/login/"))
            for batch in Batch.objects.filter(project=place.project, state="open").order_by("id"):
                median, high = measure(lambda path=f"/label/{batch.pk}/": person.request("GET", path))
                for name, value in (("median", median), ("p95", high)):
                    results.append(
                        {
                            "name": f"label page, {batch.kind}, {name}",
                            "value": round(value, 1),
                            "unit": "ms",
                            "peer": "sign-in page, median",
                            "peer_value": round(peer, 1),
                            "ratio": round(value / peer, 2),
                            "goal": GOAL_MS,
                            "met": value <= GOAL_MS,
                        }
                    )
    for row in results:
        print(f"{row['name']:40} {row['value']:8} ms  (goal {GOAL_MS} ms)")
    print(json.dumps({"results": results}))
    sys.exit(0 if all(row["met"] for row in results) else 1)


if __name__ == "__main__":
    main()
