"""The rater's pages: home, the label page with its next item, the preview of a text being written."""

from django.urls import path

from annotation.views import label, work

urlpatterns = [
    path("work/", work.work, name="work"),
    path("work/appearance", work.appearance, name="appearance"),
    path("work/preview", label.preview, name="preview"),
    path("label/<int:batch_id>/", label.label, name="label"),
    path("label/<int:batch_id>/next", label.next_item, name="label-next"),
]
