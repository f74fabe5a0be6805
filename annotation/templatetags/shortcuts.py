"""The table of shortcuts in a page: as data for the script, and single keys for hints in the text."""

from django import template
from django.urls import reverse
from django.utils.html import json_script
from django.utils.safestring import SafeString

from annotation.shortcuts import keys_of, shown, table_for
from workforce.models import Preferences

register = template.Library()


def _wishes(context: template.Context) -> Preferences:
    return getattr(context.get("request"), "wishes", None) or Preferences()


@register.simple_tag(takes_context=True)
def shortcut_table(context: template.Context) -> SafeString:
    """The person's own table for static/js/label/keys.js, once in a page."""
    addresses = {"settings": reverse("settings"), "save": reverse("settings-keys")}
    return json_script({**table_for(_wishes(context)), **addresses}, "shortcuts")


@register.simple_tag(takes_context=True)
def key(context: template.Context, act: str) -> str:
    """The key that this person presses for the act, as it is printed."""
    return shown(keys_of(_wishes(context))[act])
