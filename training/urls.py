"""Pages of runs, models and rounds."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
