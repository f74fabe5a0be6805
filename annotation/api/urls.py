"""The annotation API."""

from django.urls import path

from annotation.api import batches, desk, imports, labelling, raters, sets, steering, time

urlpatterns = [
    path("batches/<int:batch_id>/claim", labelling.claim, name="api-claim"),
    path("assignments/<uuid:token>/submit", labelling.submit, name="api-submit"),
    path("assignments/<uuid:token>/begin", labelling.start, name="api-begin"),
    path("assignments/<uuid:token>/draft", labelling.draft, name="api-draft"),
    path("assignments/<uuid:token>/keep", labelling.extend, name="api-keep"),
    path("assignments/<uuid:token>/release", labelling.give_up, name="api-release"),
    path("judgments/<uuid:uid>/revise", labelling.revise, name="api-revise"),
    path("time", time.spend, name="api-time"),
    path("batches/<int:batch_id>", batches.detail, name="api-batch"),
    path("batches/<int:batch_id>/tasks", batches.tasks, name="api-batch-tasks"),
    path("batches/<int:batch_id>/pause", batches.pause, name="api-batch-pause"),
    path("batches/<int:batch_id>/resume", batches.resume, name="api-batch-resume"),
    path("batches/<int:batch_id>/close", batches.close, name="api-batch-close"),
    path("batches/<int:batch_id>/overlap", steering.overlap, name="api-batch-overlap"),
    path("batches/<int:batch_id>/checks", steering.checks, name="api-batch-checks"),
    path("batches/<int:batch_id>/schedule", steering.schedule, name="api-batch-schedule"),
    path("batches/<int:batch_id>/route", steering.route, name="api-batch-route"),
    path("batches/<int:batch_id>/work", steering.work, name="api-batch-work"),
    path("batches/<int:batch_id>/forecast", steering.forecast, name="api-batch-forecast"),
    path("batches/<int:batch_id>/tasks/<int:number>/reopen", steering.reopen, name="api-task-reopen"),
    path("leases/<int:pk>/release", steering.release, name="api-lease-release"),
    path("projects/<slug:slug>/referrals", desk.referrals, name="api-referrals"),
    path("referrals/<int:pk>/settle", desk.settle, name="api-referral-settle"),
    path("referrals/<int:pk>/undo", desk.undo, name="api-referral-undo"),
    path("projects/<slug:slug>/raters", raters.raters, name="api-raters"),
    path("projects/<slug:slug>/raters/<int:pk>", raters.rater, name="api-rater"),
    path("projects/<slug:slug>/imports", imports.import_rows, name="api-import"),
    path("projects/<slug:slug>/batches", batches.open_new, name="api-batch-open"),
    path("projects/<slug:slug>/prompt-sets", batches.prompt_sets, name="api-prompt-sets"),
    path("projects/<slug:slug>/preference-sets", sets.freeze_preferences, name="api-freeze-preferences"),
    path("projects/<slug:slug>/demonstration-sets", sets.freeze_demonstrations, name="api-freeze-demonstrations"),
    path("preference-sets/<int:pk>", sets.preference_set, name="api-preference-set"),
    path("preference-sets/<int:pk>/lines", sets.preference_lines, name="api-preference-set-lines"),
    path("demonstration-sets/<int:pk>", sets.demonstration_set, name="api-demonstration-set"),
    path("demonstration-sets/<int:pk>/lines", sets.demonstration_lines, name="api-demonstration-set-lines"),
]
