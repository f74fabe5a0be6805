"""What is kept of agreement at a million labels: counted anew in SQL, one answer more, and the page of over 100 scopes.

Run as `python -m benchmarks.agreement_page` (UNITS=25000 for a tenth). SQLite in a folder of its own, filled with bare
rows: 2,000 raters, overlap 3 to 5, half of the labels through vendors. The peer reads every label into Python and folds
it there, as one does who keeps no counts; or sorts once for each slice. Time of the processor: SQLite works in this
process, and what else the machine is busy with does not count. The last line is one JSON object.
"""

import json
import os
import random
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from benchmarks.measuring import best, held, result

if TYPE_CHECKING:
    from annotation.models import Judgment

UNITS = int(os.environ.get("UNITS", "250000"))
RATERS, BATCHES, DOMAINS, LANGUAGES, MODELS, WEEKS = 2000, 10, 30, 10, 10, 26
COMMON = ("close", "apart", "far")
BY = [
    "''",
    "t.batch_id",
    "t.lengths",
    "t.model_pair",
    "p.domain",
    "p.language",
    "date(first, 'weekday 0', '-6 days')",
]
BEGAN = datetime(2026, 1, 5, 10, 0, 0, 1)


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


def sort_every_slice(path: str) -> int:
    """What the whole and each slice show, by two GROUP BYs for each; units found."""
    units = 0
    with sqlite3.connect(path) as base:
        for value in BY:
            [found] = base.execute(f"""
                SELECT SUM(units) FROM (
                    SELECT {value}, low, high, COUNT(*) AS units
                    FROM (
                        SELECT j.task_id, MIN(j.created_at) AS first,
                            SUM(CASE WHEN j.strength < 1 THEN 1 << 12 * (j.strength + 4) ELSE 0 END) AS low,
                            SUM(CASE WHEN j.strength < 1 THEN 0 ELSE 1 << 12 * (j.strength - 1) END) AS high
                        FROM annotation_judgment j WHERE j.cant_judge = '' AND NOT j.surplus AND j.strength IS NOT NULL
                        GROUP BY j.task_id, j.rubric_version_id HAVING COUNT(*) > 1
                    ) JOIN annotation_task t ON t.id = task_id JOIN annotation_prompt p ON p.id = t.prompt_id
                    GROUP BY 1, 2, 3)""").fetchone()  # noqa: S608 (constants of this file)
            units += found
    return units


def count_labels(path: str) -> int:
    """Items with two labels or more: what the database needs to see every label once, in order."""
    with sqlite3.connect(path) as base:
        [items] = base.execute("""
            SELECT COUNT(*) FROM (
                SELECT task_id FROM annotation_judgment j WHERE cant_judge = '' AND NOT surplus AND strength IS NOT NULL
                GROUP BY task_id, rubric_version_id HAVING COUNT(*) > 1)""").fetchone()
    return int(items)


def queries_of(run: Callable[[], object]) -> int:
    """How many statements a run sends; what it changes is rolled back."""
    from django.db import connection, transaction

    sent = 0

    def counting(execute: Callable[..., object], *asked: object) -> object:
        nonlocal sent
        sent += 1
        return execute(*asked)

    with transaction.atomic():
        with connection.execute_wrapper(counting):
            run()
        transaction.set_rollback(True)
    return sent


def move_row_by_row(judgment: "Judgment") -> None:
    """The grade's patterns of an item after one answer more, as models do it: a row for each scope, old and new."""
    from django.db.models import F

    from annotation.models import AgreementPattern, Judgment

    said = list(Judgment.objects.filter(task=judgment.task_id).values_list("strength", flat=True))
    less = [*said]
    less.remove(judgment.strength)
    scopes = AgreementPattern.objects.filter(question="grade:pref7").order_by("slice").exclude(slice="vendor")
    first = {row["slice"]: row["value"] for row in scopes.values("slice", "value")}
    for name, value in first.items():
        for change, labels in ((-1, less), (1, said)):
            pattern = ",".join(str(labels.count(strength)) for strength in range(-4, 5))
            AgreementPattern.objects.update_or_create(
                project_id=1,
                question="grade:pref7",
                slice=name,
                value=value,
                rubric_version_id=judgment.rubric_version_id,
                pattern=pattern,
                defaults={"units": F("units") + change},
                create_defaults={"units": change},
            )


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
    folding = "every label read and folded in Python, one scope"
    folded = best(lambda: fold_in_python(path), 2)
    sorting, slices = "two GROUP BYs for each slice of the grade", best(lambda: sort_every_slice(path), 2)
    print(f"the floor, labels of each item counted and nothing else: {best(lambda: count_labels(path), 3):.0f} ms")
    anew = best(lambda: count_anew(project=project), 3)
    most = held(lambda: count_anew(project=project)), held(lambda: fold_in_python(path))
    recount(project=project)  # the first builds
    check = recount(project=project)
    assert check.differing == 0, check.examples
    checking = best(lambda: recount(project=project), 2)
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
    sent, row_by_row = (
        queries_of(lambda: count_answer(judgment=judgments[0])),
        queries_of(lambda: move_row_by_row(judgments[0])),
    )
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
        result("all scopes counted anew from the database", anew, sorting, slices, 1000),
        result("the same, and held to what is kept", checking, sorting, slices, 1000),
        result("memory of counting anew", most[0], folding, most[1], 150, "MB"),
        result(
            "statements that an answer adds", sent, "update_or_create of each scope of the grade", row_by_row, 1, ""
        ),
        result("one answer more, its statement", each, folding, folded, 10),
        result("500 items taken out and in again", many, folding, folded, 1000),
        result(f"the agreement page with {scopes} scopes, warm", best(page, 5), folding, folded, 500),
    ]


def run() -> list[dict[str, object]]:
    """Everything, on a database in a folder of its own. Sets Django up."""
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
        return measured(path)


if __name__ == "__main__":
    print(json.dumps({"results": run()}, ensure_ascii=False))
