"""Pages of the corpus, batches, sets, and the rater's own pages."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
