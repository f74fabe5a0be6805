"""Every hostile text on every kind of page that shows text of others: nothing runs, nothing is asked of another host,
and the page can still be used.

Texts are told to call `__pwned`, which the browser reports to this test from any page. The page fixture fails on a
request to another host, on a script error, and on anything that the Content Security Policy had to stop: it is the
second line and must have nothing to do.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from annotation import batching
from annotation.models import (
    Batch,
    Comparison,
    ComparisonResponse,
    Demonstration,
    DemonstrationSet,
    DemonstrationSetItem,
    Flag,
    ImportReport,
    Judgment,
    PreferencePair,
    PreferencePairJudgment,
    Prompt,
    Response,
)
from annotation.rendering.hidden import printable
from rubrics.models import Criterion, RubricVersion, ScorePoint
from tests.hostile import TEXTS
from tests.training.page_rows import make_preferences, make_round, make_run
from training.models import RunSample

pytestmark = [pytest.mark.e2e, pytest.mark.once, pytest.mark.django_db(transaction=True)]

STORED = [printable(text) for text in TEXTS.values()]  # as an import would let them in
ROLES = ["user", "assistant", "tool", "system"]


@pytest.fixture
def watched(open_page) -> Iterator[Callable[..., Page]]:
    """open_page, with an ear for every call of the texts and every dialog."""
    heard: list[str] = []

    def open_it(user, path: str, **options: object) -> Page:
        page = open_page(user, "/static/img/favicon.svg", **options)
        page.context.expose_function("__pwned", lambda: heard.append("a text ran"))
        page.on("dialog", lambda dialog: (heard.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("popup", lambda popup: heard.append(f"popup: {popup.url}"))
        go(page, path)
        assert page.evaluate("typeof window.__pwned") == "function"
        return page

    yield open_it
    assert heard == []


def go(page: Page, path: str) -> None:
    """Open another address of the site; its own elements are where they should be."""
    origin = "/".join(page.url.split("/")[:3])
    response = page.goto(origin + path, wait_until="load")
    assert response is not None and response.status == 200, path
    assert page.url.startswith(origin + path.split("?")[0]), "the page was led elsewhere"


def in_groups(texts: Sequence[Any], size: int) -> list[tuple[Any, ...]]:
    return [tuple(texts[start : start + size]) for start in range(0, len(texts), size)]


def sha(*parts: object) -> str:
    return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()


def make_items(project, answers: Sequence[Sequence[str]], prompts: Sequence[Sequence[str]]) -> list[Comparison]:
    made = []
    for number, (texts, asked) in enumerate(zip(answers, prompts, strict=True)):
        messages = [{"role": ROLES[n % 4], "content": text} for n, text in enumerate(asked)]
        messages.append({"role": "user", "content": asked[-1]})
        prompt = Prompt.objects.create(project=project, digest=sha("p", number, texts), messages=messages)
        comparison = Comparison.objects.create(project=project, prompt=prompt, external_id=sha("c", number, texts)[:40])
        for position, text in enumerate(texts):
            response = Response.objects.create(prompt=prompt, digest=sha("r", number, position), text=text)
            ComparisonResponse.objects.create(comparison=comparison, response=response, position=position)
        made.append(comparison)
    return made


def open_batches(project, lena, version: RubricVersion, comparisons: Sequence[Comparison], kind: str) -> list[Batch]:
    return [
        batching.open_batch(
            project=project,
            name=f"hostile {comparison.pk}",
            kind=kind,
            rubric_version=version,
            overlap=1,
            items=batching.items_from_comparisons(comparisons=[comparison], kind=kind),
            actor=lena,
        )
        for comparison in comparisons
    ]


def check_untouched(page: Page) -> None:
    """What the texts became is inert, and the page around them is whole."""
    inert = ".md script, .md iframe, .md img, .md svg, .md style, .md form, .md object, .md embed, .md input, .md base"
    assert page.locator(inert).count() == 0
    assert page.evaluate("document.querySelectorAll('#desk, #main, #say, #toasts').length") == 4
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_as_request_and_answers_of_a_pair(watched, project, lena, rubric_version, rosa) -> None:
    groups = list(in_groups(STORED, 40))
    comparisons = make_items(project, [(group[0] or "a", group[-1] or "b") for group in groups], groups)
    batches = open_batches(project, lena, rubric_version, comparisons, "pairwise")
    page = watched(rosa, f"/label/{batches[0].pk}/")
    for batch in batches:
        go(page, f"/label/{batch.pk}/")
        page.keyboard.press("h")
        page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
        check_untouched(page)
        for key in "mdm":
            page.keyboard.press(key)
        check_untouched(page)
        page.keyboard.press("3")
        expect(page.locator("[name=value]:checked")).to_have_value("3")


def test_as_answers_of_a_ranking(watched, project, lena, rubric_version, rosa) -> None:
    groups = [group if len(group) > 1 else (*group, "b") for group in in_groups(STORED, 9)]
    comparisons = make_items(project, groups, [["Rank these."]] * len(groups))
    batches = open_batches(project, lena, rubric_version, comparisons, "ranking")
    page = watched(rosa, f"/label/{batches[0].pk}/")
    for batch, group in zip(batches, groups, strict=True):
        go(page, f"/label/{batch.pk}/")
        expect(page.locator("[data-answer]")).to_have_count(len(group))
        check_untouched(page)
        page.keyboard.press("1")
        expect(page.locator("#say")).to_contain_text("1st of")


def test_as_preview_of_a_text_being_written(watched, project, lena, rubric_version, batch_of, rosa) -> None:
    batch = batch_of(kind="demonstration", tasks=1, overlap=1)
    page = watched(rosa, f"/label/{batch.pk}/")
    show = """async (texts) => {
        const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
        const view = document.querySelector("[data-view]");
        for (const text of texts) {
          const body = new URLSearchParams({ text });
          const answer = await fetch(document.getElementById("desk").dataset.preview, {
            method: "POST", body, headers: { "X-CSRFToken": token },
          });
          if (!answer.ok) throw new Error(`${answer.status}: ${text.slice(0, 80)}`);
          view.insertAdjacentHTML("beforeend", `<div class="md">${await answer.text()}</div>`);
        }
      }"""
    for group in in_groups(list(TEXTS.values()), 60):
        page.evaluate(show, [printable(text) if "\ud800" in text else text for text in group])
    check_untouched(page)
    page.locator("textarea[name=text]").fill("still takes **words**")
    expect(page.locator("textarea[name=text]")).to_have_value("still takes **words**")


def test_on_the_pages_of_leads(watched, project, lena, ada, rubric_version, rosa, rafi) -> None:
    paths = [*pages_of_items(project, lena, rubric_version, rosa), *pages_of_sets(project, rafi)]
    paths += [*page_of_imports(project), *page_of_rubric(project), f"/p/{project.slug}/audit/"]
    page = watched(ada, f"/p/{project.slug}/prompts/")
    for path in paths:
        go(page, path)
        page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
        assert page.locator("main#main").count() == 1
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement !== document.body")


def pages_of_items(project, lena, version, rosa) -> list[str]:
    """Prompts, a batch with flags and their reasons, the panel's pages of its items."""
    groups = list(in_groups(STORED, 40))
    comparisons = make_items(project, [(group[0] or "a", group[-1] or "b") for group in groups], groups)
    (batch, *_) = open_batches(project, lena, version, comparisons, "pairwise")
    task = batch.tasks.get()
    for number, text in enumerate(STORED):
        prompt = Prompt.objects.create(
            project=project, digest=sha("only", number), messages=[{"role": "user", "content": text or "a"}]
        )
        if number % 10 == 0:
            rater = type(rosa).objects.create(username=f"r{number}", display_name=text[:80])
            judgment = Judgment.objects.create(
                task=task, rater=rater, rubric_version=version, source="imported", strength=1, rationale=text
            )
            Flag.objects.create(judgment=judgment, kind="other", target="item")
            del prompt
    at = f"/p/{project.slug}"
    prompts = [f"{at}/prompts/?page={n}" for n in range(1, 2 + Prompt.objects.count() // 50)]
    project.batches.update(mode=Batch.Mode.CALIBRATION)
    panels = [f"{at}/batches/{number}/calibration/1/" for number in project.batches.values_list("number", flat=True)]
    return [*prompts, f"{at}/batches/", f"{at}/batches/{batch.number}/", f"{at}/agreement/", *panels]


def pages_of_sets(project, rafi) -> list[str]:
    """A frozen set of pairs with their reasons, and one of demonstrations."""
    task = project.batches.first().tasks.get()
    pairs, demonstrations = make_preferences(project), []
    for number, text in enumerate(STORED):
        other = STORED[number - 1]
        prompt = Prompt.objects.create(
            project=project, digest=sha("set", number), messages=[{"role": "user", "content": text or "a"}]
        )
        first, second = (
            Response.objects.create(prompt=prompt, digest=sha("set", number, n), text=one)
            for n, one in enumerate((text, other))
        )
        pair = PreferencePair.objects.create(
            preference_set=pairs, task=task, prompt=prompt, first=first, second=second, wins_first=1, ties=0,
            wins_second=0, strength=-1, split="train",
        )  # fmt: skip
        if judgment := Judgment.objects.filter(rationale=text).first():
            PreferencePairJudgment.objects.create(pair=pair, judgment=judgment)
        demonstrations.append(
            Demonstration.objects.create(project=project, prompt=prompt, text=text, digest=sha(text), author=rafi,
                                         source="imported", external_id=str(number))
        )  # fmt: skip
    frozen = DemonstrationSet.objects.create(project=project, number=1, name="hostile", sha256="b" * 64)
    for demonstration in demonstrations:
        DemonstrationSetItem.objects.create(demonstration_set=frozen, demonstration=demonstration, split="train")
    pages = range(1, 2 + len(STORED) // 20)
    at = f"/p/{project.slug}/sets"
    return [f"{at}/{kind}/1/?page={n}" for kind in ("preference", "demonstration") for n in pages]


def page_of_imports(project) -> list[str]:
    errors = [
        {"line": n, "code": "bad_row", "message": text[:200], "excerpt": text[:200]} for n, text in enumerate(STORED)
    ]
    report = ImportReport.objects.create(
        project=project, kind="comparisons", filename=STORED[0][:200], sha256="c" * 64, state="refused",
        errors=errors, error_count=len(errors),
    )  # fmt: skip
    return [f"/p/{project.slug}/data/", f"/p/{project.slug}/data/{report.pk}/"]


def page_of_rubric(project) -> list[str]:
    """A published version whose every text is hostile; without its guidance it could not be told from the page."""
    version = RubricVersion.objects.create(rubric=project.rubric, number=7, guidance="\n\n".join(STORED[:40]))
    for place, group in enumerate(in_groups(STORED, 8)):
        criterion = Criterion.objects.create(
            version=version, slug=f"c{place}", name=group[0][:80] or "a", question=group[-1][:300], position=place
        )
        for value, text in enumerate(group, start=1):
            ScorePoint.objects.create(
                criterion=criterion, value=value, anchor=text[:40] or "a", description=text, example=text
            )
    version.state, version.digest, version.published_at = "published", "d" * 64, timezone.now()
    version.save()
    return [f"/p/{project.slug}/rubrics/{project.rubric.slug}/v/7/"]


def test_on_the_pages_of_runs_and_rounds(watched, project, ada) -> None:
    """Samples, messages of failed runs, names of runs, and what a round proposes."""
    rounds = make_round(project)
    paths = [f"/p/{project.slug}/runs/"]
    proposal = []
    texts = iter([*STORED, *STORED[:3]])
    for number, (ask, *answers) in enumerate(zip(texts, texts, texts, strict=False)):
        prompt = Prompt.objects.create(
            project=project, digest=sha("round", number), messages=[{"role": "user", "content": ask or "a"}]
        )
        made = [
            Response.objects.create(prompt=prompt, digest=sha("round", number, n), text=text)
            for n, text in enumerate(answers)
        ]
        proposal.append(rounds.proposal[0] | {"prompt": prompt.pk, "responses": [one.pk for one in made]})
    for number, shown in enumerate(in_groups(proposal, 20), start=2):
        rounds.pk, rounds.number, rounds.proposal = None, number, list(shown)
        rounds.save()
        paths.append(f"/p/{project.slug}/rounds/{number}/")
    for number, group in enumerate(in_groups(STORED, 36), start=1):
        words = "\n".join(text[:60] for text in group)[:500]
        run = make_run(project, number, state="failed", error_code="failed", error_message=words, name=group[0][:120])
        for place, (ask, before, after) in enumerate(in_groups((group * 2)[:36], 3)):
            messages = [{"role": "user", "content": ask}]
            RunSample.objects.create(run=run, number=place, messages=messages, before=before, after=after)
        paths.append(f"/p/{project.slug}/runs/{number}/")
    for number, group in enumerate(in_groups(STORED, 5), start=100):
        words = "\n".join(text[:99] for text in group)[:500]
        make_run(project, number, state="failed", error_code="failed", error_message=words, name=group[-1][:120])
        paths.append(f"/p/{project.slug}/runs/{number}/live/")
    page = watched(ada, paths[0])
    for path in paths:
        go(page, path)
    go(page, paths[1])
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement !== document.body")
