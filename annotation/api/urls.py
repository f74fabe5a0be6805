"""The annotation API."""

from django.urls import path

from annotation.api import imports, labelling

urlpatterns = [
    path("batches/<int:batch_id>/claim", labelling.claim, name="api-claim"),
    path("assignments/<uuid:token>/submit", labelling.submit, name="api-submit"),
    path("assignments/<uuid:token>/keep", labelling.extend, name="api-keep"),
    path("assignments/<uuid:token>/release", labelling.give_up, name="api-release"),
    path("judgments/<uuid:uid>/revise", labelling.revise, name="api-revise"),
    path("projects/<slug:slug>/imports", imports.import_rows, name="api-import"),
]
