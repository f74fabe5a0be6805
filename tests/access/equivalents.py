"""Checks whose removal changes no answer, each with what stands behind it. Nothing notices these, and nothing can.

A line that no check has any more, or that a test notices after all, fails the run of `make mutants-access`.
"""

SENT_AWAY = "login_required, or the API, has sent away whoever is not signed in before anybody asks who it is."
VERB_ASKS = "It only hands on who asks; the verb that it calls asks for the role."

EQUIVALENT: dict[tuple[str, str, str], str] = {
    ("workforce/scoping.py", "me", "raise PermissionDenied"): SENT_AWAY,
    ("annotation/views/batches.py", "batch_new", "gate _open"): VERB_ASKS,
    ("training/views/launching.py", "run_new", "gate _launch"): VERB_ASKS,
    ("config/api.py", "TokenAuthentication.authenticate", "raise BadToken"): (
        "A secret with other letters is none that we made: use_token refuses it by its digest."
    ),
    ("workforce/accounts.py", "disable", "teams_of"): "In a team that they are not of they hold nothing to let go.",
    (
        "workforce/accounts.py",
        "disable",
        "the role of teams_of",
    ): "Where they do not label they hold nothing to let go.",
    ("workforce/message_views.py", "_message", "visible_to"): (
        "The verbs reply and mark_read look whether the message is visible, and answer 404 as well."
    ),
    ("workforce/messaging.py", "reply", "visible_to"): (
        "mark_read, which follows in the same transaction, asks the same."
    ),
    ("workforce/messaging.py", "threads", "visible_to"): (
        "The page asks for the role in the team first, and a lead sees all that was said in it."
    ),
    ("workforce/second_step.py", "needed", "in_force"): (
        "Only raters come through vendors, and the disabled have no session."
    ),
    ("workforce/wellbeing_views.py", "check_ins", "visible_to"): "Only what was shared with the reader is asked for.",
    ("annotation/api/labelling.py", "revise", "owner:author"): (
        "It chooses between two verbs, each of which looks for the author's own and answers 404."
    ),
    (
        "annotation/api/sets.py",
        "_batches",
        "visible_to",
    ): "The batches of the project alone; the verb asks for the role.",
    ("annotation/caring.py", "exposure_of", "worked_on_by"): "It adds up the rater's own time, of whatever batch.",
    ("annotation/desk.py", "take_out", "require"): "_take, which follows in the same transaction, asks the same.",
    ("annotation/models/tasks.py", "offered_to", "in_force"): (
        "It is asked beside whether they label in the project, which takes a vendor whose work goes on."
    ),
    ("training/finishing.py", "_register", "owner:project"): "It looks whether a name is free, and shows nothing.",
    ("training/views/home.py", "project_home", "gate team_of_project"): (
        "Whoever does not administer the project has been sent elsewhere before."
    ),
}
