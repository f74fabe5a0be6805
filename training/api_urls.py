"""Addresses of the training API."""

from django.urls import path

from training import api

urlpatterns = [
    path("projects/<slug:slug>/runs", api.Runs.as_view(), name="api-runs"),
    path("runs/<int:pk>", api.Run.as_view(), name="api-run"),
    path("runs/<int:pk>/metrics", api.RunMetrics.as_view(), name="api-run-metrics"),
    path("runs/<int:pk>/samples", api.RunSamples.as_view(), name="api-run-samples"),
    path("runs/<int:pk>/stop", api.StopRun.as_view(), name="api-run-stop"),
    path("runs/<int:pk>/resume", api.ResumeRun.as_view(), name="api-run-resume"),
    path("projects/<slug:slug>/models", api.Models.as_view(), name="api-models"),
    path("models/<int:pk>/archive", api.ModelArchive.as_view(), name="api-model-archive"),
    path("models/<int:pk>/lineage", api.ModelLineage.as_view(), name="api-model-lineage"),
    path("projects/<slug:slug>/benchmarks", api.Benchmarks.as_view(), name="api-benchmarks"),
    path("projects/<slug:slug>/rounds", api.Rounds.as_view(), name="api-rounds"),
    path("rounds/<int:pk>", api.Round.as_view(), name="api-round"),
    path("rounds/<int:pk>/open", api.OpenRound.as_view(), name="api-round-open"),
]
