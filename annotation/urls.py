"""Pages of the corpus, batches, sets, and the rater's own pages."""

from django.urls import include, path

from annotation.views import (
    adjudication,
    agreement,
    agreement_items,
    batch_items,
    batches,
    data,
    desk,
    disputes,
    leaderboard,
    panel,
    sets,
    steering,
    versions,
)

AT = "p/<slug:slug>/"
BATCH = AT + "batches/<int:number>/"
DISPUTE = AT + "adjudication/<int:number>/<int:item>/"

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
    path(BATCH + "outcomes/", batches.batch_outcomes, name="batch-outcomes"),
    path(BATCH + "edit/", steering.batch_edit, name="batch-edit"),
    path(BATCH + "edit/overlap/", steering.batch_overlap, name="batch-overlap"),
    path(BATCH + "items/", batch_items.batch_items, name="batch-items"),
    path(BATCH + "items/<int:item>/", batch_items.batch_item, name="batch-item"),
    path(BATCH + "leases/<int:pk>/", batch_items.batch_lease, name="batch-lease"),
    path(AT + "desk/", desk.desk_list, name="desk"),
    path(AT + "desk/<int:pk>/", desk.referral, name="referral"),
    path(AT + "desk/<int:pk>/undo/", desk.referral_undo, name="referral-undo"),
    path(AT + "adjudication/", disputes.dispute_list, name="disputes"),
    path(AT + "adjudication/next/", adjudication.dispute_next, name="dispute-next"),
    path(DISPUTE, adjudication.adjudication, name="adjudication"),
    path(DISPUTE + "rule/", adjudication.adjudication_rule, name="adjudication-rule"),
    path(DISPUTE + "undo/", adjudication.adjudication_undo, name="adjudication-undo"),
    path(DISPUTE + "names/", adjudication.adjudication_names, name="adjudication-names"),
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
    path(AT + "prompts/sets/<int:pk>/rows/", data.prompt_set_rows, name="prompt-set-rows"),
    path(AT + "agreement/", agreement.agreement, name="agreement"),
    path(AT + "leaderboard/", leaderboard.leaderboard, name="leaderboard"),
    path(AT + "leaderboard/table.csv", leaderboard.leaderboard_file, name="leaderboard-file"),
    path(AT + "agreement/items/", agreement_items.agreement_items, name="agreement-items"),
    path(AT + "agreement/export/", agreement.agreement_csv, name="agreement-csv"),
    path(AT + "sets/", sets.set_list, name="sets"),
    path(AT + "sets/preference/new/", sets.preference_set_new, name="preference-set-new"),
    path(AT + "sets/preference/new/preview/", sets.preference_set_preview, name="preference-set-preview"),
    path(AT + "sets/preference/<int:number>/", sets.preference_set, name="preference-set"),
    path(AT + "sets/demonstration/new/", sets.demonstration_set_new, name="demonstration-set-new"),
    path(AT + "sets/demonstration/<int:number>/", sets.demonstration_set, name="demonstration-set"),
    *(
        path(AT + f"sets/{kind}/<int:number>/{what}/", view, {"kind": kind}, name=f"{kind}-set-{what}")
        for kind in ("preference", "demonstration")
        for what, view in (("verify", sets.set_verify), ("download", sets.set_download), ("rows", sets.set_rows))
    ),
]
