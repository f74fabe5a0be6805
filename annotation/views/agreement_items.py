"""The items behind one number of the agreement page."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from annotation.agreed_items import Wanted, units_of, with_labels
from annotation.agreeing import batches_named, questioned
from annotation.models import AgreementPattern, Project
from annotation.views.agreement import choice_of, value_names
from annotation.views.projects import led_project, page
from workforce.models import User, Vendor
from workforce.numerals import whole_number

PER_PAGE = 50


@login_required
@require_safe
def agreement_items(request: HttpRequest, slug: str) -> HttpResponse:
    """Items by how far apart people are, fifty a page."""
    project = led_project(request, slug)
    choice, wanted = choice_of(request), wanted_of(request)
    asked = questioned(project=project, choice=choice)
    question, versions = asked.question, asked.group
    one = whole_number(request.GET.get("version"))
    versions = [version for version in versions if version.number == one] if one else versions
    context = page(
        project, "agreement", question=question, back=_query(request, "slice value raters said version page")
    )
    if question is not None:
        words = dict(zip(question.domain, question.words, strict=True))
        found = Paginator(
            units_of(project=project, versions=versions, question=question, wanted=wanted), PER_PAGE
        ).get_page(request.GET.get("page"))
        context |= {
            "page": found,
            "units": with_labels(project=project, versions=versions, question=question, units=list(found)),
            "wanted": wanted,
            "cut": AgreementPattern.Slice(wanted.slice).label if wanted.slice else "",
            "value": _name(project, wanted),
            "raters": [str(one) for one in User.objects.filter(pk__in=wanted.raters)],
            "said": [words[value] for value in wanted.said if value in words],
            "query": _query(request, "page"),
        }
    return render(request, "annotation/agreement_items.html", context)


def wanted_of(request: HttpRequest) -> Wanted:
    """What the address asks for; what it says wrongly is as if it said nothing."""
    asked = request.GET
    name = asked.get("slice", "")
    return Wanted(
        slice=name if name in AgreementPattern.Slice.values else "",
        value=asked.get("value", "")[:255].replace("\0", ""),
        least=choice_of(request).least,
        raters=_two(asked.get("raters", "")),
        said=_two(asked.get("said", "")),
    )


def _name(project: Project, wanted: Wanted) -> str:
    """How the value of the slice is called."""
    if wanted.slice == "vendor":
        named = Vendor.objects.filter(team=project.team_id, pk=whole_number(wanted.value) or 0)
        return next(iter(named.values_list("name", flat=True)), wanted.value)
    names = value_names(batches_named(project=project) if wanted.slice == "batch" else [], [])
    return names.get((wanted.slice, wanted.value), wanted.value)


def _two(text: str) -> tuple[int, ...]:
    parts = text.split(",")
    found = []
    for part in parts:
        number = whole_number(part.removeprefix("-"))
        if number is None:
            return ()
        found.append(-number if part.startswith("-") else number)
    return tuple(found) if len(found) == 2 else ()


def _query(request: HttpRequest, without: str) -> str:
    left_out = without.split()
    return urlencode({name: str(value) for name, value in request.GET.items() if name not in left_out})
