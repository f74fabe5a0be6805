"""Lists of disagreement and agreement of rankings at 100,000: the pages, one ranking more, and counting anew.

Run as `python -m benchmarks.disagreement` (UNITS=10000 for a tenth). SQLite in a folder of its own, filled with bare
rows as in benchmarks.agreement_page: UNITS items of pairs with three to five answers, then as many rankings, three to
an item of four answers. The peer of the list is one that works out every item's spread when it is asked for, the peer
of the rankings one that reads every placement. Wall time. The last line is one JSON object.
"""

import json
import os
import random
import tempfile
from collections.abc import Iterator
from typing import Any

os.environ.setdefault("UNITS", "100000")

from benchmarks.agreement_page import BATCHES, RATERS, UNITS, best, fill, insert, result

ITEMS, ANSWERS, OVERLAP = UNITS // 3, 4, 3
FIRST_KEY = 10_000_000


def rank(path: str) -> None:
    """A batch of ITEMS rankings by OVERLAP raters each, of prompts that the pairs have too."""
    from annotation.models import Batch, Project
    from rubrics.models import RubricVersion

    lot = random.Random(7)
    project, version = Project.objects.get(), RubricVersion.objects.get()
    batch = Batch.objects.create(
        project=project, number=BATCHES + 1, name="orders", kind="ranking", rubric_version=version, overlap=OVERLAP
    )
    task = {"priority": 0, "reason": "", "words": 9, "standing": "queued", "extra": 0, "lane": "work", "audit": 0}
    task |= {"batch_id": batch.pk, "lengths": None, "model_pair": None}
    keys = range(FIRST_KEY, FIRST_KEY + ITEMS)
    insert(
        path,
        "annotation_task",
        (task | {"id": n, "uid": f"{n:032x}", "prompt_id": n % UNITS + 1, "number": n, "place": n} for n in keys),
    )
    response = {"text": "a", "created_at": "2026-01-01", "prompt_id": 1, "identity_leak": 0}
    insert(path, "annotation_response", (_response(response, n) for n in range(1, ANSWERS + 1)))
    said = {"scale": "", "source": "imported", "rubric_version_id": version.pk, "display_order": "[0, 1, 2, 3]"}
    said |= dict.fromkeys(("both_bad", "best_worst", "surplus", "diff_used"), 0)
    said |= dict.fromkeys(("cant_judge", "rationale", "client_version"), "")
    said |= dict.fromkeys(("reasons", "quotes", "seen"), "[]") | {"inputs": "{}"}
    said |= dict.fromkeys(("active_ms", "wall_ms", "idle_ms", "offline_ms"), 0)
    raters = list(_raters())
    rows = [(item, turn) for item in keys for turn in range(OVERLAP)]

    def judgments() -> Iterator[dict[str, object]]:
        for key, (item, turn) in enumerate(rows, start=FIRST_KEY):
            rater = raters[(item + turn * 397) % RATERS]
            at = f"2026-{1 + item % 6:02}-03 10:00:00"
            yield said | {"id": key, "uid": f"{key:032x}", "task_id": item, "rater_id": rater, "created_at": at}

    def placements() -> Iterator[dict[str, object]]:
        for key, _ in enumerate(rows, start=FIRST_KEY):
            seen = [place + lot.gauss(0, 1.5) for place in range(ANSWERS)]
            for place, one in enumerate(seen):
                worse = sum(other < one for other in seen)
                yield {"judgment_id": key, "response_id": place + 1, "position": place, "rank": worse + 1}

    insert(path, "annotation_judgment", judgments())
    insert(path, "annotation_placement", placements())


def _response(common: dict[str, Any], n: int) -> dict[str, object]:
    return common | {"id": n, "digest": str(n), "model_tag": f"m{n}"}


def _raters() -> Iterator[int]:
    from workforce.models import User

    yield from User.objects.filter(username__startswith="r").order_by("pk").values_list("pk", flat=True)


def measured() -> list[dict[str, object]]:
    from django.conf import settings
    from django.db import transaction
    from django.test import Client
    from django.urls import reverse

    from annotation import ranked
    from annotation.disputes import Asked, counts_of, disputes
    from annotation.measuring import _of_rankings
    from annotation.models import Batch, Judgment, Placement, Project
    from annotation.recounting import recount
    from annotation.upkeep import count_answer
    from workforce.models import User

    settings.ALLOWED_HOSTS = ["testserver"]
    project = Project.objects.select_related("team").get()
    recount(project=project)  # the first builds
    again = best(lambda: recount(project=project), 1)
    check = project.agreement_checks.first()
    assert check is not None and check.differing == 0, check
    print(f"all counted anew and compared: {again:.0f} ms")
    print(f"{Judgment.objects.count()} judgments, {Placement.objects.count()} placements")
    rankings = list(Judgment.objects.filter(task__batch__kind=Batch.Kind.RANKING).order_by("?")[:50])

    def one_more() -> None:
        with transaction.atomic():
            for judgment in rankings:
                count_answer(judgment=judgment)
            transaction.set_rollback(True)

    each = best(one_more, 3) / len(rankings)
    sums = best(lambda: ranked.counted_project(project=project), 1)
    batch = Batch.objects.get(kind=Batch.Kind.RANKING)
    rows = best(lambda: _of_rankings(batch, Judgment.objects.counted().filter(task__batch=batch)), 1)
    client = Client()
    client.force_login(User.objects.get(username="lena"))

    def opened(name: str, **asked: object) -> float:
        def page() -> None:
            assert client.get(reverse(name, args=["helpful"]), asked).status_code == 200

        page()
        return best(page, 3)

    worked_out = best(lambda: list(disputes(project=project, asked=Asked(criterion="none"))[:50]), 1)
    counts = best(lambda: counts_of(project=project, asked=Asked()), 2)
    print(f"the counts of the list alone: {counts:.0f} ms; rankings counted from nothing: {sums:.0f} ms")
    peer, read = "spreads worked out when asked", "every placement read"
    deep = opened("disputes", page=500)
    return [
        result("one ranking more", each, read, rows, 10),
        result("agreement of rankings, the page", opened("agreement", question="ranking"), read, rows, 500),
        result("the list of disagreement, first page", opened("disputes"), peer, worked_out, 500),
        result("the list of disagreement, page 500", deep, peer, worked_out, 500),
    ]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/assay.sqlite3"
        os.environ |= {
            "ASSAY_VAR": folder,
            "DATABASE_URL": f"sqlite:///{path}",
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        fill(path)
        rank(path)
        print(json.dumps({"results": measured()}, ensure_ascii=False))


if __name__ == "__main__":
    main()
