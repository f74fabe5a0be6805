"""How far people agree, batch by batch: the newest measurement of each, with its interval or the reason for none."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from annotation import measuring
from annotation.models import Batch
from annotation.views.coefficients import shown
from annotation.views.projects import led_project, page

BATCHES_PER_PAGE = 20


@login_required
@require_safe
def agreement(request: HttpRequest, slug: str) -> HttpResponse:
    """One group of rows per batch, newest first."""
    project = led_project(request, slug)
    batches = project.batches.exclude(kind=Batch.Kind.DEMONSTRATION).select_related("rubric_version__rubric")
    found = Paginator(batches.order_by("-number"), BATCHES_PER_PAGE).get_page(request.GET.get("page"))
    reports = measuring.reports_of(batches=list(found))
    groups = [(batch, shown(reports[batch.pk])) for batch in found]
    start = min([0.0, *(row.axis_low for _, rows in groups for row in rows)])
    context = page(project, "agreement", page=found, groups=groups, start=start)
    return render(request, "annotation/agreement.html", context)
