"""How soon the next item is on the screen, how many keys an answer takes, how much script travels.

Run as `python -m benchmarks.label_screen`. A real browser against the real web process, configured as in
production (compressed files), on SQLite. Times run from the key that sends an answer to the second frame after
the next item stands in the page. The peer of the times is the same browser's time for two frames of an idle page:
no page can be quicker. The last line is one JSON object.
"""

import json
import os
import secrets
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

SCRIPT_GOAL, AHEAD_GOAL, COLD_GOAL = 40_000, 150.0, 600.0
ITEMS, COLD_LOADS = 40, 20
READING_MS = 1500  # the shortest that anybody reads; the next items are fetched meanwhile
FILL = ("Some words to read. " * 40, "Other lines to look at. " * 40)
# Of a ranking each answer is in view at once: who has not opened one is asked about it, which is no key of deciding.
STOPWATCH = """() => {
  window.painted = [];
  let began = 0;
  addEventListener("keydown", (event) => { if (!event.repeat) began = performance.now(); }, true);
  let task = document.getElementById("desk")?.dataset.task;
  const look = () => {
    const now = document.getElementById("desk")?.dataset.task;
    if (now === task) return;
    task = now;
    const start = began;
    requestAnimationFrame(() => requestAnimationFrame(() => window.painted.push(performance.now() - start)));
  };
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true, attributes: true });
}"""
TWO_FRAMES = """() => new Promise((done) => {
  const start = performance.now();
  requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - start)));
})"""
SCRIPTS = """() => performance.getEntriesByType("resource").filter((entry) => entry.name.includes("/static/js/")
  || entry.name.includes("/words/")).map((entry) => [new URL(entry.name).pathname, entry.transferSize])"""
DECISIONS = {
    "A or B": ("2", "Enter"),
    "A or B, fast": ("2",),
    "seven points": ("6", "Enter"),
    "grade and four criteria": ("1", "3", "2", "1", "6", "Enter"),
    "rank four": ("3", "1", "4", "Enter"),
    "rank seven": ("3", "1", "4", "7", "2", "5", "Enter"),
}
KEY_GOALS = {
    "A or B": 2,
    "A or B, fast": 1,
    "seven points": 2,
    "grade and four criteria": 6,
    "rank four": 4,
    "rank seven": 7,
}


def percentile(values: list[float], percent: int) -> float:
    """The value below which `percent` of a hundred lie."""
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def row(name: str, value: float, unit: str, peer: str, peer_value: float, goal: float) -> dict[str, Any]:
    """One result; smaller is better."""
    ratio = round(value / peer_value, 2) if peer_value else None
    return {
        "name": name,
        "value": round(value, 1),
        "unit": unit,
        "peer": peer,
        "peer_value": round(peer_value, 1),
        "ratio": ratio,
        "goal": goal,
        "met": value <= goal,
    }


def open_batches() -> tuple[dict[str, int], list[str]]:
    """A project of short texts with a batch for each kind of decision; their numbers, and links for the rater."""
    from annotation import batching, importing
    from annotation.models import Comparison, Project
    from rubrics import versions
    from workforce import people
    from workforce.models import Role

    team = people.create_team(slug="bench", name="Bench", actor=None)
    lead = people.add_member(team=team, username="lead", role=Role.ADMIN, actor=None)
    rater = people.add_member(team=team, username="rater", role=Role.RATER, actor=None)
    rubric = versions.create_rubric(team=team, slug="bench", name="Bench", actor=lead)
    draft = rubric.versions.get()
    criteria: Any = [
        {"slug": f"c{n}", "name": f"Criterion {n}", "question": "Which side is better here?", "points": []}
        | {"kind": "compare", "not_applicable": False, "weight": 1.0, "shown_when": ""}
        for n in range(1, 5)
    ]
    versions.edit_draft(version=draft, guidance="", criteria=criteria, actor=lead)
    version = versions.publish_version(version=draft, change="first", actor=lead)
    project = Project.objects.create(slug="bench", name="Bench", team=team, rubric=rubric)
    made = {}
    for name, kind, scale, responses, options in (
        ("A or B", "pairwise", "binary", 2, {}),
        ("A or B, fast", "pairwise", "binary", 2, {"fast": True}),
        ("seven points", "pairwise", "pref7", 2, {}),
        ("grade and four criteria", "pairwise", "pref7", 2, {"with_criteria": True}),
        ("rank four", "ranking", "", 4, {}),
        ("rank seven", "ranking", "", 7, {}),
    ):
        rows = [
            {
                "id": f"{name} {n}",
                "prompt": f"Question {n} of {name}: what would help here?",
                "responses": [
                    {"model": f"m{k}", "text": f"Answer {k} to {n}. {FILL[k % 2] if kind == 'pairwise' else ''}"}
                    for k in range(responses)
                ],
                "source": name,
            }
            for n in range(ITEMS + 5)
        ]
        lines = [json.dumps(entry).encode() + b"\n" for entry in rows]
        importing.import_file(project=project, kind="comparisons", filename=f"{kind}.jsonl", lines=lines, actor=lead)
        chosen = Comparison.objects.filter(source=name)
        batch = batching.open_batch(
            project=project,
            name=name,
            kind=kind,
            rubric_version=version,
            overlap=1,
            items=batching.items_from_comparisons(comparisons=chosen, kind=kind),
            actor=lead,
            scale=scale or "pref7",
            options=batching.BatchOptions(**options),
        )
        made[name] = batch.pk
    return made, [people.issue_login_link(user=rater) for _ in range(COLD_LOADS + 1)]


def sign_in(page: Any, url: str, token: str) -> None:
    """Follow a one-time link, as people do."""
    page.goto(f"{url}/login/{token}/")
    page.locator("main form button[type=submit], form button[type=submit]").first.click()
    from django.urls import reverse

    page.wait_for_url(f"**{reverse('work')}")


def decide(page: Any, keys: tuple[str, ...], items: int) -> list[float]:
    """Answer so many items by these keys; milliseconds from the last key to the next item painted, each."""
    page.evaluate(STOPWATCH)
    for done in range(items):
        page.wait_for_function(f"() => window.painted.length === {done}")
        for key in keys:
            page.keyboard.press(key)
        page.wait_for_function(f"() => window.painted.length === {done + 1}", timeout=20_000)
        page.wait_for_timeout(READING_MS)
    return list(page.evaluate("window.painted"))


def cold_load(browser: Any, url: str, path: str, token: str) -> tuple[float, list[list[Any]]]:
    """Milliseconds from asking for the page with an empty cache to its first item painted; the scripts it took."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    sign_in(page, url, token)
    page.goto("about:blank")
    context.new_cdp_session(page).send("Network.clearBrowserCache")
    page.goto(url + path)
    page.wait_for_function("() => performance.getEntriesByName('first-contentful-paint').length > 0")
    page.wait_for_load_state("networkidle")
    painted = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    scripts = page.evaluate(SCRIPTS)
    context.close()
    return painted, scripts


def measure(url: str, batches: dict[str, int], tokens: list[str]) -> list[dict[str, Any]]:
    """All results, from one browser."""
    from playwright.sync_api import sync_playwright

    results = []
    system = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=system, args=["--no-sandbox", "--disable-dev-shm-usage"])
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        page = context.new_page()
        sign_in(page, url, tokens[0])
        page.goto(f"{url}/label/{batches['seven points']}/")
        page.wait_for_load_state("networkidle")
        frames = [page.evaluate(TWO_FRAMES) for _ in range(30)]
        idle = statistics.median(frames)
        times = decide(page, DECISIONS["seven points"], ITEMS)
        for name, value in (("median", statistics.median(times)), ("p95", percentile(times, 95))):
            results.append(
                row(f"next item painted, fetched ahead, {name}", value, "ms", "two frames", idle, AHEAD_GOAL)
            )
        path = f"/label/{batches['rank four']}/"
        loads = [cold_load(browser, url, path, token) for token in tokens[1:]]
        cold = [painted for painted, _ in loads]
        for name, value in (("median", statistics.median(cold)), ("p95", percentile(cold, 95))):
            results.append(
                row(f"first item painted, nothing cached, {name}", value, "ms", "two frames", idle, COLD_GOAL)
            )
        scripts = sum(size for _, size in loads[0][1])
        results.append(
            row("script of the label page, transferred", scripts, "bytes", "limit", SCRIPT_GOAL, SCRIPT_GOAL)
        )
        for name, keys in DECISIONS.items():
            page.goto(f"{url}/label/{batches[name]}/")
            page.wait_for_load_state("networkidle")
            decide(page, keys, 3)
            goal = KEY_GOALS[name]
            results.append(row(f"keys to the next item, {name}", len(keys), "keys", "limit", goal, goal))
        context.close()
        browser.close()
    return results


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "ASSAY_VAR": folder,
            "ASSAY_ENV": "production",
            "SECRET_KEY": secrets.token_urlsafe(64),
            "ALLOWED_HOSTS": "127.0.0.1,localhost",
            "SECURE_SSL_REDIRECT": "false",
            "DATABASE_URL": f"sqlite:///{folder}/assay.sqlite3",
            "BROKER_URL": "filesystem://",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "RATE_CLAIM": "off",  # no person is as fast as this
            "RATE_SUBMIT": "off",
            "DJANGO_ALLOW_ASYNC_UNSAFE": "true",
        }
        import django

        django.setup()
        from django.core.management import call_command

        from demo.processes import Stack, free_port

        call_command("migrate", verbosity=0)
        call_command("collectstatic", verbosity=0, interactive=False)
        batches, tokens = open_batches()
        port = free_port()
        with Stack(var=Path(folder), port=port) as stack:
            url = f"http://localhost:{port}"
            results = measure(url, batches, tokens)
            stack.check()
    for result in results:
        print(f"{result['name']:52} {result['value']:10} {result['unit']:6} (goal {result['goal']})")
    print(json.dumps({"results": results}))
    sys.exit(0 if all(result["met"] for result in results) else 1)


if __name__ == "__main__":
    main()
