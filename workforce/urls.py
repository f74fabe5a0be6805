"""Pages about people: sign-in, members, the audit log."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
