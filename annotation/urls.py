"""Pages of the corpus, batches, sets, and the rater's own pages."""

from django.urls import include, path

from annotation.views import (
    agreement,
    batch_items,
    batches,
    data,
    desk,
    panel,
    rater_acts,
    raters,
    sets,
    steering,
    versions,
)

AT = "p/<slug:slug>/"
BATCH = AT + "batches/<int:number>/"

urlpatterns = [
    path("", include("annotation.urls_work")),
    path(AT + "batches/", batches.batch_list, name="batches"),
    path(AT + "batches/new/", batches.batch_new, name="batch-new"),
    path(AT + "batches/new/count/", batches.batch_count, name="batch-count"),
    path(BATCH, batches.batch, name="batch"),
    path(BATCH + "pause/", batches.batch_move, {"verb": "pause"}, name="batch-pause"),
    path(BATCH + "resume/", batches.batch_move, {"verb": "resume"}, name="batch-resume"),
    path(BATCH + "close/", batches.batch_move, {"verb": "close"}, name="batch-close"),
    path(BATCH + "work/", batches.batch_work, name="batch-work"),
    path(BATCH + "edit/", steering.batch_edit, name="batch-edit"),
    path(BATCH + "edit/overlap/", steering.batch_overlap, name="batch-overlap"),
    path(BATCH + "items/", batch_items.batch_items, name="batch-items"),
    path(BATCH + "items/<int:item>/", batch_items.batch_item, name="batch-item"),
    path(BATCH + "leases/<int:pk>/", batch_items.batch_lease, name="batch-lease"),
    path(AT + "desk/", desk.desk_list, name="desk"),
    path(AT + "desk/<int:pk>/", desk.referral, name="referral"),
    path(AT + "desk/<int:pk>/undo/", desk.referral_undo, name="referral-undo"),
    path(AT + "batches/versions/", versions.batch_versions, name="batch-versions"),
    path(BATCH + "version/", versions.batch_version, name="batch-version"),
    path(BATCH + "calibration/", panel.batch_calibration, name="batch-calibration"),
    path(BATCH + "calibration/<int:item>/", panel.panel_answer, name="panel-answer"),
    path(BATCH + "measure/", batches.batch_measure, name="batch-measure"),
    path(BATCH + "export/", batches.batch_export, name="batch-export"),
    path(AT + "data/", data.import_list, name="imports"),
    path(AT + "data/new/", data.import_new, name="import-new"),
    path(AT + "data/<int:pk>/", data.import_page, name="import"),
    path(AT + "data/examples/<str:kind>/", data.import_example, name="import-example"),
    path(AT + "prompts/", data.prompts, name="prompts"),
    path(AT + "agreement/", agreement.agreement, name="agreement"),
    path(AT + "raters/", raters.rater_list, name="raters"),
    path(AT + "raters/look/", rater_acts.look, name="raters-look"),
    path(AT + "raters/holding/", rater_acts.by_itself, name="raters-holding"),
    path(AT + "raters/<int:pk>/", raters.rater, name="rater"),
    path(AT + "raters/<int:pk>/answers/", raters.rater_answers, name="rater-answers"),
    path(AT + "raters/<int:pk>/message/", rater_acts.message, name="rater-message"),
    path(AT + "raters/<int:pk>/calibrate/", rater_acts.calibrate, name="rater-calibrate"),
    path(AT + "raters/<int:pk>/hold/", rater_acts.hold, name="rater-hold"),
    path(AT + "raters/<int:pk>/lift/", rater_acts.lift, name="rater-lift"),
    path(AT + "raters/<int:pk>/confirm/", rater_acts.confirm, name="rater-confirm"),
    path(AT + "raters/alarms/<int:pk>/dismiss/", rater_acts.dismiss, name="alarm-dismiss"),
    path(AT + "sets/", sets.set_list, name="sets"),
    path(AT + "sets/preference/new/", sets.preference_set_new, name="preference-set-new"),
    path(AT + "sets/preference/new/preview/", sets.preference_set_preview, name="preference-set-preview"),
    path(AT + "sets/preference/<int:number>/", sets.preference_set, name="preference-set"),
    path(AT + "sets/demonstration/new/", sets.demonstration_set_new, name="demonstration-set-new"),
    path(AT + "sets/demonstration/<int:number>/", sets.demonstration_set, name="demonstration-set"),
    *(
        path(AT + f"sets/{kind}/<int:number>/{what}/", view, {"kind": kind}, name=f"{kind}-set-{what}")
        for kind in ("preference", "demonstration")
        for what, view in (("verify", sets.set_verify), ("download", sets.set_download))
    ),
]
