"""The one place that says who may do what: every address, its methods, and what somebody must be in its project.

An address that is not here fails a test (test_api.py), and so does a line for an address that is gone.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """Who gets in, and by which methods; `others` is what members of the project without the role are told.

    They are told 404 where the answer would say that a row is there which they have no business with.
    """

    who: str
    methods: tuple[str, ...]
    others: int
    writers: str = ""  # who gets in with POST, where fewer write than read


# Who gets in, by the role that they hold where the row is. `itself`: rows of one person, here the first rater's:
# their lease, their judgment.
HOLDERS = {
    "anyone": None,
    "signed in": None,
    "member": {"rater", "other rater", "lead", "admin"},
    "rater": {"rater", "other rater"},
    "itself": {"rater"},
    "correspondent": {"rater", "lead", "admin"},
    "wellbeing contact": {"lead"},
    "lead": {"lead", "admin"},
    "admin": {"admin"},
}
GET, READ, WRITE, BOTH = ("GET",), ("GET", "HEAD"), ("POST",), ("GET", "HEAD", "POST")


def _rules(who: str, methods: tuple[str, ...], names: str, others: int = 404, writers: str = "") -> dict[str, Rule]:
    return {name: Rule(who, methods, others, writers) for name in names.split()}


ROUTES: dict[str, Rule] = {
    **_rules("anyone", BOTH, "login login-link"),
    **_rules("anyone", READ, "words"),
    **_rules("anyone", ("GET", "HEAD", "OPTIONS"), "api-schema"),
    **_rules("anyone", ("POST", "OPTIONS"), "logout"),
    # One's own things: nobody else's stand behind these addresses.
    **_rules("signed in", READ, "home account work work-waiting work-time"),
    **_rules("signed in", BOTH, "account-password second-step second-step-set-up settings"),
    **_rules("signed in", WRITE, "account-sign-out second-step-off settings-keys preview work-content work-consent"),
    **_rules("signed in", WRITE, "work-check-in work-notify work-go-on api-time"),
    **_rules("member", READ, "project-home"),
    **_rules("member", GET, "api-rubric-version"),
    **_rules("wellbeing contact", READ, "check-ins"),
    **_rules("correspondent", WRITE, "message-read message-reply"),
    # Raters.
    **_rules("rater", BOTH, "label", writers="itself"),
    **_rules("rater", WRITE, "label-next label-reopen label-change work-rest work-ask api-claim"),
    **_rules("rater", READ, "label-round"),
    **_rules("itself", BOTH, "label-reveal"),
    **_rules("itself", WRITE, "label-challenge api-submit api-begin api-keep api-release api-revise"),
    **_rules("itself", ("PUT",), "api-draft"),
    # Leads.
    **_rules(
        "lead", READ, "batches batch batch-count batch-versions batch-calibration batch-export imports import", 403
    ),
    **_rules("lead", READ, "imports import import-example prompts agreement agreement-items agreement-csv sets", 403),
    **_rules("lead", READ, "leaderboard leaderboard-file", 403),
    **_rules("lead", READ, "preference-set preference-set-preview", 403),
    **_rules("lead", READ, "preference-set-download demonstration-set demonstration-set-download", 403),
    **_rules("lead", READ, "preference-set-rows demonstration-set-rows prompt-set-rows", 403),
    **_rules("lead", READ, "rubrics rubric rubric-version", 403),
    **_rules("lead", READ, "batch-work batch-outcomes batch-overlap batch-items desk", 403),
    **_rules("lead", BOTH, "batch-edit batch-item batch-lease referral", 403),
    **_rules("lead", WRITE, "referral-undo", 403),
    **_rules("lead", READ, "disputes", 403),
    **_rules("lead", BOTH, "adjudication", 403),
    **_rules("lead", WRITE, "dispute-next adjudication-rule adjudication-undo adjudication-names", 403),
    **_rules("lead", READ, "raters rater rater-answers", 403),
    **_rules("lead", BOTH, "rater-confirm", 403),
    **_rules("lead", WRITE, "rater-message rater-calibrate rater-hold rater-lift rater-requeue rater-pool", 403),
    **_rules("lead", WRITE, "alarm-dismiss raters-look raters-holding", 403),
    **_rules("lead", BOTH, "batch-new batch-version panel-answer import-new preference-set-new", 403),
    **_rules("lead", BOTH, "demonstration-set-new rubric-new rubric-edit rubric-publish messages tokens", 403),
    **_rules("lead", WRITE, "batch-pause batch-resume batch-close batch-measure preference-set-verify", 403),
    **_rules("lead", WRITE, "demonstration-set-verify rubric-retire rubric-draft message-answer token-revoke", 403),
    **_rules("lead", GET, "api-rubric-versions", 403),
    **_rules("lead", WRITE, "api-import api-batch-open api-freeze-preferences api-freeze-demonstrations", 403),
    **_rules("lead", GET, "api-agreement api-batch api-batch-tasks api-leaderboard api-prompt-sets api-preference-set"),
    **_rules("lead", GET, "api-preference-set-lines api-demonstration-set api-demonstration-set-lines"),
    **_rules("lead", GET, "api-prompt-set-lines"),
    **_rules("lead", WRITE, "api-batch-pause api-batch-resume api-batch-close"),
    **_rules("lead", WRITE, "api-batch-checks"),
    **_rules("lead", WRITE, "api-batch-overlap api-batch-schedule api-batch-route api-task-reopen api-lease-release"),
    **_rules("lead", GET, "api-batch-work api-batch-forecast api-referrals api-raters api-rater"),
    **_rules("lead", WRITE, "api-referral-settle api-referral-undo"),
    **_rules("lead", GET, "api-disputes api-adjudication"),
    **_rules("lead", WRITE, "api-adjudication-answer api-adjudication-rule"),
    **_rules("lead", WRITE, "api-adjudication-undo api-adjudication-gold"),
    # Admins.
    **_rules(
        "admin",
        READ,
        "runs runs-compare run run-live run-metrics run-report models model rounds round audit people",
        403,
    ),
    **_rules("admin", READ, "benchmark-example model-download", 403),
    **_rules("admin", BOTH, "run-new round-new benchmarks person", 403),
    **_rules(
        "admin",
        WRITE,
        "run-stop run-resume run-send model-benchmark model-alias model-verify round-open audit-verify",
        403,
    ),
    **_rules("admin", WRITE, "people-add people-link people-remove people-move person-disable person-enable", 403),
    **_rules("admin", WRITE, "person-second-step vendor-add vendor-end vendor-resume", 403),
    **_rules(
        "admin",
        READ,
        "api-run api-run-metrics api-run-samples api-models api-model-lineage api-model-archive api-round",
    ),
    **_rules("admin", BOTH, "api-benchmarks"),
    **_rules("admin", WRITE, "api-runs api-run-stop api-run-resume api-rounds api-round-open"),
}
