"""The annotation API."""

from django.urls import path

from annotation.api import batches, imports, labelling, sets

urlpatterns = [
    path("batches/<int:batch_id>/claim", labelling.claim, name="api-claim"),
    path("assignments/<uuid:token>/submit", labelling.submit, name="api-submit"),
    path("assignments/<uuid:token>/keep", labelling.extend, name="api-keep"),
    path("assignments/<uuid:token>/release", labelling.give_up, name="api-release"),
    path("judgments/<uuid:uid>/revise", labelling.revise, name="api-revise"),
    path("batches/<int:batch_id>", batches.detail, name="api-batch"),
    path("batches/<int:batch_id>/tasks", batches.tasks, name="api-batch-tasks"),
    path("batches/<int:batch_id>/close", batches.close, name="api-batch-close"),
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
