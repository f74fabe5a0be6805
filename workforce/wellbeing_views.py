"""How distressing work was, for the one person whom raters may let read it."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from workforce import wellbeing
from workforce.models import CheckIn
from workforce.scoping import me

SHOWN = 50


@never_cache
@login_required
@require_safe
def check_ins(request: HttpRequest) -> HttpResponse:
    """What raters let the wellbeing contact read, newest first. Nobody else is told that there is such a page."""
    reader = me(request)
    if wellbeing.contact() != reader:
        raise Http404
    told = CheckIn.objects.visible_to(reader).filter(shared_with=reader).select_related("user").order_by("-pk")
    page = Paginator(told, SHOWN).get_page(request.GET.get("page"))
    return render(request, "workforce/check_ins.html", {"page": page})
