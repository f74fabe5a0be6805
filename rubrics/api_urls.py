"""The rubric API."""

from django.urls import path

from rubrics import api

urlpatterns = [
    path("projects/<slug:slug>/rubric-versions", api.rubric_versions, name="api-rubric-versions"),
    path("rubric-versions/<int:pk>", api.rubric_version, name="api-rubric-version"),
]
