"""The rubric API."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
