"""The rater's pages: home, the label page with its next item, the preview of a text being written."""

from django.urls import path

from annotation.views import calibration, care, interludes, label, settings, time, work

urlpatterns = [
    path("work/", work.work, name="work"),
    path("work/waiting", work.waiting, name="work-waiting"),
    path("work/time", time.statement, name="work-time"),
    path("work/content", work.content, name="work-content"),
    path("work/consent", care.consent, name="work-consent"),
    path("work/check-in", care.check_in, name="work-check-in"),
    path("work/notify", work.notify, name="work-notify"),
    path("work/go-on", care.go_on, name="work-go-on"),
    path("work/batches/<int:batch_id>/rest", care.rest, name="work-rest"),
    path("work/batches/<int:batch_id>/ask", care.ask, name="work-ask"),
    path("work/settings", settings.settings, name="settings"),
    path("work/settings/keys", settings.settings_keys, name="settings-keys"),
    path("work/preview", label.preview, name="preview"),
    path("label/<int:batch_id>/", label.label, name="label"),
    path("label/<int:batch_id>/next", label.next_item, name="label-next"),
    path("label/<int:batch_id>/reopen", label.reopen, name="label-reopen"),
    path("label/<int:batch_id>/change", interludes.acknowledge_change, name="label-change"),
    path("label/<int:batch_id>/round", calibration.round_page, name="label-round"),
    path("label/reveal/<uuid:uid>", calibration.reveal, name="label-reveal"),
    path("label/reveal/<uuid:uid>/challenge", calibration.challenge, name="label-challenge"),
]
