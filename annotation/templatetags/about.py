"""What a message is about, in words for a lead: the target "batch:7" as the batch's number and name."""

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from annotation.models import Batch
from rubrics.models import RubricVersion
from workforce.numerals import whole_number

register = template.Library()


@register.simple_tag
def about(target: str) -> SafeString | str:
    """A link to the batch, the name of the rubric's version, or nothing. For pages of leads only."""
    kind, _, text = target.partition(" ")[0].partition(":")
    pk = whole_number(text) or 0
    if kind == "batch":
        batch = Batch.objects.filter(pk=pk).select_related("project").first()
        if batch is not None:
            address = reverse("batch", args=[batch.project.slug, batch.number])
            return format_html('<a href="{}">{}</a>', address, batch)
    if kind == "rubric_version":
        return str(RubricVersion.objects.filter(pk=pk).select_related("rubric").first() or "")
    return ""
