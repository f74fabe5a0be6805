"""A lead's data pages: import a file, read what came of it, look at the prompts."""

import json
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from annotation import importing
from annotation.exporting import export_prompt_rows
from annotation.forms import ImportForm
from annotation.models import ImportReport, Project, Prompt
from annotation.rows import read_lines
from annotation.views.projects import led_project, page
from workforce.numerals import whole_number
from workforce.scoping import me

ROWS_PER_PAGE = 50
Kind = ImportReport.Kind
QUESTION = "Can I freeze cooked rice, and for how long?"
EXAMPLES: dict[str, list[dict[str, Any]]] = {
    Kind.PROMPTS: [
        {"id": "q1", "prompt": QUESTION, "source": "kitchen"},
        {
            "id": "q2",
            "messages": [
                {"role": "user", "content": "Name a prime number."},
                {"role": "assistant", "content": "Seven."},
                {"role": "user", "content": "And the next one?"},
            ],
        },
    ],
    Kind.COMPARISONS: [
        {
            "id": "c1",
            "prompt": QUESTION,
            "source": "kitchen",
            "responses": [
                {"text": "Yes. Cool it within an hour; it keeps for about three months.", "model": "model-a"},
                {"text": "Yes, for ever.", "model": "model-b"},
            ],
        }
    ],
    Kind.DEMONSTRATIONS: [
        {
            "id": "d1",
            "prompt": QUESTION,
            "response": "Yes. Cool it within an hour, freeze it flat, and eat it within three months.",
            "author": "rosa",
        }
    ],
    Kind.JUDGMENTS: [
        {"item": "c1", "rater": "rosa", "label": "a", "seconds": 41.5, "reason": "B is unsafe."},
        {"item": "c1", "rater": "rafi", "strength": -2},
        {"item": "c1", "rater": "ines", "label": "tie"},
    ],
    Kind.CALIBRATION: [
        {
            "id": "k1",
            "prompt": QUESTION,
            "source": "calibration",
            "responses": [
                {"text": "Yes. Cool it within an hour; it keeps for about three months."},
                {"text": "Yes, for ever."},
            ],
            "panel": {
                "grade": -3,
                "note": "B is wrong about how long, and somebody could fall ill.",
                "look_for": "A plain “for ever” where food is kept.",
                "critical": True,
            },
        }
    ],
}
RULES = {
    Kind.PROMPTS: "“prompt” is one request, “messages” a whole conversation that ends with the user. “id” and “source” "
    "are optional.",
    Kind.COMPARISONS: "A prompt with 2 to 9 “responses”. “id” is required; judgments refer to it. “source” becomes a "
    "pool to open batches from.",
    Kind.DEMONSTRATIONS: "A prompt with the “response” a person wrote. “id” is required, “author” optional.",
    Kind.JUDGMENTS: "“item” is a comparison’s id. Then “label” a, b or tie, or “strength”, negative for the first "
    "answer. Rankings come in a file of their own: “ranking”: [2, 1, 2] gives each answer its rank, 1 best.",
    Kind.CALIBRATION: "A comparison with the “panel”: a “grade” from −4 to 4, negative for the first answer, or "
    "“ranks”; perhaps “scores”, a list for each criterion; and the “note” that raters read afterwards.",
}


@login_required
@require_safe
def import_list(request: HttpRequest, slug: str) -> HttpResponse:
    """What was imported, accepted or refused, newest first."""
    project = led_project(request, slug)
    imports = project.imports.select_related("created_by")
    found = Paginator(imports, ROWS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "annotation/imports.html", page(project, "imports", page=found, totals=_totals(project)))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def import_new(request: HttpRequest, slug: str) -> HttpResponse:
    """Upload a file. It is taken whole or refused whole; either way the report page says what came of it."""
    project = led_project(request, slug)
    form = ImportForm(request.POST or None, request.FILES or None, initial={"kind": request.GET.get("kind")})
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        report = importing.import_file(
            project=project,
            kind=form.cleaned_data["kind"],
            filename=file.name[:200],
            lines=read_lines(file),
            actor=me(request),
            prompt_set_name=form.cleaned_data["prompt_set"],
        )
        return redirect("import", slug=slug, pk=report.pk)
    formats = [(kind, kind.label, RULES[kind], _jsonl(EXAMPLES[kind])) for kind in Kind]
    context = page(project, "imports", form=form, formats=formats)
    return render(request, "annotation/import_new.html", context, status=422 if form.is_bound else 200)


@login_required
@require_safe
def import_page(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """What came of one file: what was new, or which lines were wrong and why."""
    project = led_project(request, slug)
    report = get_object_or_404(project.imports.select_related("created_by", "batch"), pk=pk)
    created = [(name.replace("_", " "), count) for name, count in report.created.items()]
    return render(request, "annotation/import.html", page(project, "imports", report=report, created=created))


@login_required
@require_safe
def import_example(request: HttpRequest, slug: str, kind: str) -> HttpResponse:
    """A small file of the right form, to start from."""
    led_project(request, slug)
    if kind not in EXAMPLES:
        raise Http404
    answer = HttpResponse(_jsonl(EXAMPLES[kind]) + "\n", content_type="application/jsonl; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="example-{kind}.jsonl"'
    return answer


@login_required
@require_safe
def prompts(request: HttpRequest, slug: str) -> HttpResponse:
    """The project's prompts, page by page, all or of one set."""
    project = led_project(request, slug)
    sets = project.prompt_sets.annotate(n=Count("prompts")).order_by("name")
    chosen = request.GET.get("set", "")
    found = Prompt.objects.filter(project=project)
    if (wanted := whole_number(chosen)) is not None:
        found = found.filter(sets=get_object_or_404(sets, pk=wanted))
    counted = found.annotate(n_responses=Count("responses", distinct=True)).order_by("pk")
    rows = Paginator(counted, ROWS_PER_PAGE).get_page(request.GET.get("page"))
    query = f"set={chosen}" if chosen else ""
    rows_url = reverse("prompt-set-rows", args=[slug, wanted]) if wanted is not None else ""
    context = {"page": rows, "sets": sets, "chosen": chosen, "query": query, "rows_url": rows_url}
    return render(request, "annotation/prompts.html", page(project, "prompts", **context))


@login_required
@require_safe
def prompt_set_rows(request: HttpRequest, slug: str, pk: int) -> StreamingHttpResponse:
    """The prompts of a set as rows for ?for=trl, openrlhf or verl."""
    project = led_project(request, slug)
    chosen = get_object_or_404(project.prompt_sets, pk=pk)
    framework = request.GET.get("for", "trl")
    rows = export_prompt_rows(prompt_set=chosen, framework=framework)
    answer = StreamingHttpResponse(rows, content_type="application/jsonl")
    answer["Content-Disposition"] = f'attachment; filename="{project.slug}-prompts-{pk}-{framework}.jsonl"'
    return answer


def _jsonl(rows: list[dict[str, Any]]) -> str:
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)


def _totals(project: Project) -> list[tuple[str, int]]:
    return [
        ("Prompts", project.prompts.count()),
        ("Comparisons", project.comparisons.count()),
        ("Demonstrations", project.demonstrations.count()),
        ("Prompt sets", project.prompt_sets.count()),
    ]
