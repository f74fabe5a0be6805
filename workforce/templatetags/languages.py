"""The words of the scripts in the language of the page."""

from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from django import template
from django.conf import settings
from django.urls import reverse
from django.utils.translation import get_language

register = template.Library()


@register.simple_tag
def words_url() -> str:
    """The address of the scripts' catalogue, with its digest so that it can be kept for long; "" for English."""
    language = get_language() or settings.LANGUAGE_CODE
    if language == settings.LANGUAGE_CODE:
        return ""
    catalogue = Path(settings.LOCALE_PATHS[0]) / language / "LC_MESSAGES" / "djangojs.mo"
    if not catalogue.exists():
        return ""
    return f"{reverse('words', args=[language])}?{_digest(catalogue, catalogue.stat().st_mtime_ns)}"


@lru_cache(maxsize=32)
def _digest(catalogue: Path, changed: int) -> str:
    return sha256(catalogue.read_bytes()).hexdigest()[:12]
