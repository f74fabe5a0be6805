"""The catalogue of the scripts' words: one file a language, loaded before the modules (static/js/label/words.js)."""

from django.conf import settings
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django.views.i18n import JavaScriptCatalog

catalogue = JavaScriptCatalog.as_view()


@require_safe
@cache_control(public=True, immutable=True, max_age=365 * 24 * 3600)
def words(request: HttpRequest, language: str) -> HttpResponseBase:
    """Django's catalogue of one language. Pages name its digest in the query, so a browser may keep it for a year."""
    if language not in dict(settings.LANGUAGES):
        raise Http404
    with translation.override(language):
        return catalogue(request)
