"""Template filters for untrusted text: as rendered Markdown, or as the source that it is."""

from django import template
from django.utils.safestring import SafeString

from annotation.rendering import render
from annotation.rendering.hidden import printable

register = template.Library()


@register.filter
def markdown(text: object) -> SafeString:
    """The text as safe HTML blocks. Never raises on any string."""
    return render(text)


@register.filter
def source(text: object) -> str:
    """The text itself, for a place that escapes it. Never raises, and always can be sent."""
    return printable(text)
