"""What is kept of agreement at a million labels: counted anew in SQL, one answer more, and the page of over 100 scopes.

Run as `python -m benchmarks.agreement_page` (UNITS=25000 for a tenth). SQLite in a folder of its own, filled with bare
rows: 2,000 raters, overlap 3 to 5, half of the labels through vendors. The peer reads every label into Python and folds
it there, as one does who keeps no counts. Wall time, since the database's work is what is measured. The last line is
one JSON object.
"""

import json
import os
import random
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

UNITS = int(os.environ.get("UNITS", "250000"))
RATERS, BATCHES, DOMAINS, LANGUAGES, MODELS, WEEKS = 2000, 10, 30, 10, 10, 26
COMMON = ("close", "apart", "far")
BEGAN = datetime(2026, 1, 5, 10, 0, 0, 1)


def best(run: Callable[[], object], repeats: int) -> float:
    """Shortest of a few runs, in milliseconds."""
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        run()
        times.append(1000 * (time.perf_counter() - began))
    return min(times)


def result(name: str, value: float, peer: str, peer_value: float, goal: float) -> dict[str, object]:
    print(f"{name}: {value:.1f} ms, goal {goal:g} ms; {peer}: {peer_value:.0f} ms", flush=True)
    ratio = round(peer_value / value, 1)
    return {"name": name, "value": round(value, 2), "unit": "ms", "peer": peer, "peer_value": round(peer_value, 1)} | {
        "ratio": ratio,
        "goal": goal,
        "met": value <= goal,
    }


def insert(path: str, table: str, rows: Iterator[dict[str, object]]) -> None:
    """Bare rows; every row has the same columns."""
    with sqlite3.connect(path) as base:
        first = next(rows)
        columns, blanks = ", ".join(first), ", ".join(f":{name}" for name in first)
        statement = f"INSERT INTO {table} ({columns}) VALUES ({blanks})"  # noqa: S608 (our own names)
        base.execute(statement, first)
        base.executemany(statement, rows)


def fill(path: str) -> None:
    """A project with UNITS items of BATCHES batches and all their labels."""
    from django.utils.timezone import now

    from annotation.models import Batch, Project
    from rubrics.models import Rubric, RubricVersion
    from workforce import people
    from workforce.models import Role, User, Vendor

    lot = random.Random(5)
    team = people.create_team(slug="helpful", name="Helpful", actor=None)
    people.add_member(team=team, username="lena", display_name="Lena", role=Role.LEAD, actor=None)
    vendors = [Vendor.objects.create(team=team, slug=f"v{n}", name=f"Vendor {n}") for n in range(4)]
    raters = User.objects.bulk_create(User(username=f"r{n}", display_name=f"Rater {n}") for n in range(RATERS))
    rubric = Rubric.objects.create(team=team, slug="helpful", name="Helpful")
    version = RubricVersion.objects.create(
        rubric=rubric, number=1, state="published", digest="0" * 64, published_at=now()
    )
    project = Project.objects.create(slug="helpful", name="Helpful", team=team, rubric=rubric)
    batches = [
        Batch.objects.create(
            project=project, number=n, name=f"b{n}", kind="pairwise", scale="pref7", rubric_version=version, overlap=3
        )
        for n in range(1, BATCHES + 1)
    ]
    prompt = {"messages": json.dumps([{"role": "user", "content": "why " * 60}]), "external_id": "", "source": ""}
    prompt |= {"created_at": "2026-01-01", "project_id": project.pk}
    insert(
        path,
        "annotation_prompt",
        (
            prompt
            | {"id": n, "digest": str(n)}
            | {"domain": f"domain {lot.randrange(DOMAINS)}", "language": f"l{lot.randrange(LANGUAGES)}"}
            for n in range(1, UNITS + 1)
        ),
    )
    task = {"priority": 0, "reason": "", "words": 9, "standing": "queued", "extra": 0, "lane": "work", "audit": 0}
    insert(
        path,
        "annotation_task",
        (
            task
            | {"id": n, "uid": f"{n:032x}", "prompt_id": n, "number": n, "place": n}
            | {"batch_id": batches[(n - 1) * BATCHES // UNITS].pk}
            | {"lengths": lot.choice(COMMON), "model_pair": f"m{lot.randrange(MODELS)} | x"}
            for n in range(1, UNITS + 1)
        ),
    )
    said = {"scale": "pref7", "source": "imported", "rubric_version_id": version.pk, "display_order": "[0, 1]"}
    said |= dict.fromkeys(("best_worst", "surplus", "diff_used"), 0)
    said |= dict.fromkeys(("cant_judge", "client_version"), "") | {"rationale": "the second one answers what was asked"}
    said |= dict.fromkeys(("reasons", "quotes", "seen"), "[]") | {"inputs": "{}"}
    said |= dict.fromkeys(("active_ms", "wall_ms", "idle_ms", "offline_ms"), 0)

    def labels() -> Iterator[dict[str, object]]:
        """Batch after batch; within a batch items are answered in any order, as raters do."""
        truth = [lot.uniform(-3, 3) for _ in range(UNITS + 1)]
        turns = [(unit, turn) for unit in range(1, UNITS + 1) for turn in range(lot.randint(3, 5))]
        turns.sort(key=lambda one: ((one[0] - 1) * BATCHES // UNITS, lot.random()))
        for key, (unit, turn) in enumerate(turns):
            rater = raters[(unit + turn * 397) % RATERS]
            grade = max(-3, min(3, round(truth[unit] + lot.gauss(0, 1))))
            yield (
                said
                | {"uid": f"{key:032x}", "task_id": unit, "rater_id": rater.pk, "strength": grade}
                | {
                    "both_bad": int(lot.random() < 0.05),
                    "vendor_id": vendors[rater.pk % 4].pk if rater.pk % 2 else None,
                }
                | {"created_at": str(BEGAN + key * WEEKS * timedelta(weeks=1) / len(turns))}
            )

    insert(path, "annotation_judgment", labels())


def fold_in_python(path: str) -> Counter[tuple[int, ...]]:
    """The whole's patterns, every label read."""
    units: dict[int, list[int]] = {}
    with sqlite3.connect(path) as base:
        rows = base.execute("SELECT task_id, strength FROM annotation_judgment WHERE cant_judge = '' AND NOT surplus")
        for task, strength in rows:
            units.setdefault(task, [0] * 9)[strength + 4] += 1
    return Counter(map(tuple, units.values()))


def measured(path: str) -> list[dict[str, object]]:
    from django.conf import settings
    from django.db import transaction
    from django.test import Client

    from annotation.models import AgreementPattern, Judgment, Project, Task
    from annotation.recounting import count_anew, recount
    from annotation.upkeep import count_answer, recounted
    from workforce.models import User

    settings.ALLOWED_HOSTS = ["testserver"]
    project = Project.objects.select_related("team").get()
    print(f"{Judgment.objects.count()} labels of {UNITS} items")
    peer = "every label read and folded in Python"
    folded = best(lambda: fold_in_python(path), 2)
    anew = best(lambda: count_anew(project=project), 2)
    recount(project=project)  # the first builds
    check = recount(project=project)
    assert check.differing == 0, check.examples
    whole = AgreementPattern.objects.filter(slice="all", question="grade:pref7").values_list("pattern", "units")
    kept = {tuple(map(int, pattern.split(","))): units for pattern, units in whole}
    assert kept == fold_in_python(path)

    judgments = list(Judgment.objects.order_by("?")[:50])

    def one_more() -> None:
        with transaction.atomic():
            for judgment in judgments:
                count_answer(judgment=judgment)
            transaction.set_rollback(True)

    each = best(one_more, 3) / len(judgments)
    items = list(Task.objects.order_by("?").values_list("pk", flat=True)[:500])

    def some_excluded() -> None:
        with transaction.atomic(), recounted(team=project.team, items=items):
            pass

    many = best(some_excluded, 2)
    client = Client()
    client.force_login(User.objects.get(username="lena"))
    scopes = AgreementPattern.objects.values("question", "slice", "value").distinct().count()

    def page() -> None:
        answer = client.get("/p/helpful/agreement/")
        assert answer.status_code == 200

    cold = best(page, 1)
    print(f"{scopes} scopes, {AgreementPattern.objects.count()} patterns; the page for the first time: {cold:.0f} ms")
    return [
        result("all scopes counted anew in SQL", anew, peer, folded, 1000),
        result("one answer more, its statement", each, peer, folded, 10),
        result("500 items taken out and in again", many, peer, folded, 1000),
        result("the agreement page, warm", best(page, 5), peer, folded, 500),
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
        print(json.dumps({"results": measured(path)}, ensure_ascii=False))


if __name__ == "__main__":
    main()
