"""What a flood of sign-ins costs those who are at work, over loopback, by the real web process.

Run as `python -m benchmarks.sign_in_flood`. RATERS raters answer items, first alone, then while strangers send
FLOOD_A_SECOND wrong passwords a second from one address, each under another name. The peer of an answer's 95th
percentile is the same figure without the flood, in the same run. On SQLite, or in the empty
database that DATABASE_URL names. The last line is one JSON object.
"""

import http.client
import json
import os
import statistics
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

GOAL_RATIO = 2.0
RATERS, THINK_SECONDS = 4, 0.5
BASELINE_SECONDS, FLOOD_SECONDS = 30, 60
FLOOD_A_SECOND, STRANGERS = 50, 25
ITEMS = RATERS * int((BASELINE_SECONDS + FLOOD_SECONDS) / THINK_SECONDS)


@dataclass
class Seen:
    """What the raters' answers took, in seconds, and what the strangers were told, by status."""

    took: list[float] = field(default_factory=list)
    told: Counter[int] = field(default_factory=Counter)


def open_batch(raters: list[str]) -> tuple[int, list[str]]:
    """A batch of ITEMS pairs; its id, and a one-time link for each of the raters."""
    from annotation import batching, importing
    from annotation.models import Comparison
    from demo import seeding
    from workforce import people

    place = seeding.seed_project(slug="flood", name="Flood", raters={name: name for name in raters})
    lines = [
        json.dumps(
            {
                "id": f"flood {n}",
                "prompt": f"Question {n}: what would help here?",
                "responses": [{"model": f"m{side}", "text": f"Answer {side} to question {n}."} for side in range(2)],
                "source": "flood",
            }
        ).encode()
        + b"\n"
        for n in range(ITEMS)
    ]
    importing.import_file(
        project=place.project, kind="comparisons", filename="flood.jsonl", lines=lines, actor=place.lead
    )
    batch = batching.open_batch(
        project=place.project,
        name="Flood",
        kind="pairwise",
        rubric_version=place.rubric_version,
        overlap=1,
        items=batching.items_from_comparisons(comparisons=Comparison.objects.all(), kind="pairwise"),
        actor=place.lead,
    )
    return batch.pk, [people.issue_login_link(user=rater) for rater in place.raters]


def answer_until(end: float, *, person: Any, batch: int, took: list[float]) -> None:
    """Claim and answer one item after the other, thinking in between."""
    while time.monotonic() < end:
        item = person.post(f"batches/{batch}/claim")
        body = {"submission": str(uuid.uuid4()), "value": 3, "active_ms": 500, "wall_ms": 500}
        began = time.perf_counter()
        person.post(f"assignments/{item['assignment']}/submit", body)
        took.append(time.perf_counter() - began)
        time.sleep(THINK_SECONDS)


def guess_until(end: float, *, url: str, every: float, told: Counter[int]) -> None:
    """Send a wrong password under a new name, once in `every` seconds or as soon as the last one is answered."""
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.netloc, timeout=60)
    connection.request("GET", "/login/")
    page = connection.getresponse()
    page.read()
    cookie = next(
        value.split(";")[0]
        for name, value in page.getheaders()
        if name == "Set-Cookie" and value.startswith("csrftoken=")
    )
    token = cookie.partition("=")[2]
    due = time.monotonic()
    while (now := time.monotonic()) < end:
        if now < due:
            time.sleep(due - now)
        due += every
        body = urlencode({"csrfmiddlewaretoken": token, "username": uuid.uuid4().hex, "password": "wrong, surely"})
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie, "Referer": f"{url}/login/"}
        try:
            connection.request("POST", "/login/", body, headers)
            answer = connection.getresponse()
            answer.read()
            told[answer.status] += 1
        except (http.client.HTTPException, OSError):
            told[0] += 1
            connection.close()


def at_work(people: list[Any], *, url: str, batch: int, seconds: float, flooded: bool) -> Seen:
    """Let everybody work for so long, with or without the strangers."""
    seen, end = Seen(), time.monotonic() + seconds
    work = [
        threading.Thread(target=answer_until, args=(end,), kwargs={"person": person, "batch": batch, "took": seen.took})
        for person in people
    ]
    every = STRANGERS / FLOOD_A_SECOND
    if flooded:
        guesses = {"url": url, "every": every, "told": seen.told}
        work += [threading.Thread(target=guess_until, args=(end,), kwargs=guesses) for _ in range(STRANGERS)]
    for thread in work:
        thread.start()
    for thread in work:
        thread.join()
    return seen


def p95_ms(took: list[float]) -> float:
    return statistics.quantiles(took, n=20, method="inclusive")[18] * 1000


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "ASSAY_VAR": folder,
            "BROKER_URL": "filesystem://",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "RATE_CLAIM": "off",  # no person is as fast as this
            "RATE_SUBMIT": "off",
            # Every guess is let through to the hasher: the limit of an address would end the flood at once.
            "RATE_SIGN_IN_ADDRESS": "off",
        }
        os.environ.setdefault("DATABASE_URL", f"sqlite:///{folder}/assay.sqlite3")
        import django

        django.setup()
        from django.core.management import call_command

        from demo.client import Person
        from demo.processes import Stack, free_port

        call_command("migrate", verbosity=0)
        batch, links = open_batch([f"rater{n}" for n in range(RATERS)])
        with Stack(var=Path(folder), port=free_port()) as stack:
            raters = [Person(stack.url) for _ in links]
            for rater, link in zip(raters, links, strict=True):
                rater.sign_in(link)
            alone = at_work(raters, url=stack.url, batch=batch, seconds=BASELINE_SECONDS, flooded=False)
            flooded = at_work(raters, url=stack.url, batch=batch, seconds=FLOOD_SECONDS, flooded=True)
    base, high = p95_ms(alone.took), p95_ms(flooded.took)
    sent = sum(flooded.told.values()) / FLOOD_SECONDS
    for name, took in (("alone", alone.took), ("flooded", flooded.took)):
        print(f"{name}: {len(took)} answers, median {statistics.median(took) * 1000:.0f}, p95 {p95_ms(took):.0f} ms")
    print(f"guesses: {sent:.0f} a second were answered, by status {dict(flooded.told)}")
    results = [
        {
            "name": "submit under a flood of sign-ins, p95",
            "value": round(high, 1),
            "unit": "ms",
            "peer": "without the flood, p95",
            "peer_value": round(base, 1),
            "ratio": round(high / base, 2),
            "goal": f"at most {GOAL_RATIO} times the peer",
            "met": high <= GOAL_RATIO * base,
        },
        {
            "name": "guesses answered",
            "value": round(sent, 1),
            "unit": "1/s",
            "peer": "sent",
            "peer_value": FLOOD_A_SECOND,
            "ratio": round(sent / FLOOD_A_SECOND, 2),
            "goal": f"{FLOOD_A_SECOND} a second, none of them a fault",
            "met": sent >= 0.9 * FLOOD_A_SECOND and not (flooded.told[500] or flooded.told[0]),
        },
    ]
    print(json.dumps({"results": results}))
    sys.exit(0 if all(result["met"] for result in results) else 1)


if __name__ == "__main__":
    main()
