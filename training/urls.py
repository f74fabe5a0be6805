"""Pages of the loop, runs, models and rounds."""

from django.urls import path

from training.views import benchmarks, comparing, home, launching, models, reports, rounds, runs

urlpatterns = [
    path("p/<slug:slug>/", home.project_home, name="project-home"),
    path("p/<slug:slug>/runs/", runs.runs, name="runs"),
    path("p/<slug:slug>/runs/compare/", comparing.runs_compare, name="runs-compare"),
    path("p/<slug:slug>/runs/new/", launching.run_new, name="run-new"),
    path("p/<slug:slug>/runs/<int:number>/", runs.run, name="run"),
    path("p/<slug:slug>/runs/<int:number>/live/", runs.run_live, name="run-live"),
    path("p/<slug:slug>/runs/<int:number>/metrics/", runs.run_metrics, name="run-metrics"),
    path("p/<slug:slug>/runs/<int:number>/stop/", launching.run_stop, name="run-stop"),
    path("p/<slug:slug>/runs/<int:number>/resume/", launching.run_resume, name="run-resume"),
    path("p/<slug:slug>/runs/<int:number>/report/", reports.run_report, name="run-report"),
    path("p/<slug:slug>/runs/<int:number>/send/", reports.run_send, name="run-send"),
    path("p/<slug:slug>/benchmarks/", benchmarks.benchmarks, name="benchmarks"),
    path("p/<slug:slug>/benchmarks/example/", benchmarks.benchmark_example, name="benchmark-example"),
    path("p/<slug:slug>/models/<int:pk>/benchmark/", benchmarks.model_benchmark, name="model-benchmark"),
    path("p/<slug:slug>/models/", models.models, name="models"),
    path("p/<slug:slug>/models/<int:pk>/", models.model, name="model"),
    path("p/<slug:slug>/models/<int:pk>/download/", models.model_download, name="model-download"),
    path("p/<slug:slug>/models/<int:pk>/alias/", models.model_alias, name="model-alias"),
    path("p/<slug:slug>/models/<int:pk>/verify/", models.model_verify, name="model-verify"),
    path("p/<slug:slug>/rounds/", rounds.rounds, name="rounds"),
    path("p/<slug:slug>/rounds/new/", rounds.round_new, name="round-new"),
    path("p/<slug:slug>/rounds/<int:number>/", rounds.round_page, name="round"),
    path("p/<slug:slug>/rounds/<int:number>/open/", rounds.round_open, name="round-open"),
]
