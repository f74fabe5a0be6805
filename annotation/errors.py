"""Every refusal of the annotation verbs: a stable code for programs and a sentence for people."""

from workforce.errors import AssayError


class BatchNotOpen(AssayError):
    """This batch is paused or closed, so it hands out no work. What you submitted is kept. Choose another batch."""

    code = "batch_not_open"
    status = 409


class BatchStateWrong(AssayError):
    """The batch is not in a state that allows this. Nothing was changed. Load the page again."""

    code = "batch_state"
    status = 409


class PauseNeedsReason(AssayError):
    """Raters read why a batch is paused, so a pause needs a reason. Nothing was changed. Write one and pause again."""

    code = "pause_reason"
    status = 422


class ReasonNeeded(AssayError):
    """This needs a reason that others can read later, between 1 and 500 characters. Nothing was changed. Write one."""

    code = "reason_needed"
    status = 422


class OverlapWrong(AssayError):
    """An item can take between 1 and 100 answers. Nothing was changed. Choose another number."""

    code = "overlap"
    status = 422


class LeaseOver(AssayError):
    """This lease has ended already: it was answered, given back or has run out. Nothing was changed."""

    code = "lease_over"
    status = 409


class StillWanted(AssayError):
    """This item still waits for an answer, was taken out, or has 100. Nothing was changed. Choose a finished one."""

    code = "still_wanted"
    status = 409


class Settled(AssayError):
    """Somebody has settled this item already, as the page shows. Nothing was changed. Load the page again."""

    code = "settled"
    status = 409


class AlreadyHeld(AssayError):
    """This rater is held for review already, as their page shows. Nothing was changed. Load the page again."""

    code = "already_held"
    status = 409


class NoRater(AssayError):
    """This person is no rater of the project. Nothing was changed. Load the list of raters again."""

    code = "no_rater"
    status = 422


class NothingToRequeue(AssayError):
    """This rater has no answer to work that counts, so nobody is asked again. Nothing was changed."""

    code = "nothing_to_requeue"
    status = 422


class PoolUnchanged(AssayError):
    """This rater is in that pool already, or is not in it, as their page shows. Nothing was changed. Load the page
    again."""

    code = "pool_unchanged"
    status = 409


class NotUndone(AssayError):
    """This cannot be undone: the item was judged after all, or lies on the desk again. Nothing was changed."""

    code = "not_undone"
    status = 409


class ItemsDoNotFit(AssayError):
    """These items do not fit this kind of batch. Nothing was opened. Choose other items or another kind."""

    code = "items_do_not_fit"
    status = 422


class RubricNotUsable(AssayError):
    """A batch needs a published rubric version of its own team. Nothing was opened. Publish one first."""

    code = "rubric_not_usable"
    status = 422


class UnknownLease(AssayError):
    """This item is not leased to you, or was leased again in another window. Nothing was saved. Load the next item."""

    code = "not_found"
    status = 404


class LeaseLost(AssayError):
    """Your lease ran out and somebody else took this item. Your answer was not saved. Go on with the next item."""

    code = "lease_lost"
    status = 409


class AlreadySubmitted(AssayError):
    """You have answered this item already and that answer is safe. This one was not saved. Revise it if you must."""

    code = "already_submitted"
    status = 409


class AlreadyRevised(AssayError):
    """A later revision of this answer exists and is safe. This one was not saved. Load the item again."""

    code = "already_revised"
    status = 409


class SubmissionReused(AssayError):
    """This submission key belongs to another answer, which is safe. This one was not saved. Send it with a new key."""

    code = "submission_reused"
    status = 422


class Incomplete(AssayError):
    """The answer is not complete. Nothing was saved and your work is still on the page. Fill in what is marked."""

    code = "incomplete"
    status = 422


class Busy(AssayError):
    """Too many people asked for work at the same moment. Nothing was changed. Try again in a second."""

    code = "busy"
    status = 503
    retry_after = 1


class ProjectBusy(AssayError):
    """Another import, batch or set of this project is being written. Nothing was changed. Try again in a minute."""

    code = "project_busy"
    status = 503
    retry_after = 60


class NothingToFreeze(AssayError):
    """There are no judgments or demonstrations here that a set could be made of. Nothing was frozen. Collect some."""

    code = "nothing_to_freeze"
    status = 422


class SetFileMissing(AssayError):
    """The file of this frozen set is missing or has changed; its rows are safe. Ask an admin to restore the file."""

    code = "set_file_missing"
    status = 409


class NoSuchExport(AssayError):
    """There are no rows of this kind for this framework. Nothing was changed. Choose one that the page offers."""

    code = "no_such_export"
    status = 404


class FileTooLarge(AssayError):
    """The file is larger than this site accepts. Nothing was imported. Split it or ask an admin for a higher limit."""

    code = "file_too_large"
    status = 413


class ImportNotPossible(AssayError):
    """There is no such kind of import. Nothing was imported. Choose one of the kinds."""

    code = "import_kind"
    status = 422


class NotQualified(AssayError):
    """This batch asks for a skill that you do not hold yet. Nothing is lost. Your home page says how to get it."""

    code = "not_qualified"
    status = 403


class OtherVendor(AssayError):
    """This batch is for the raters of another vendor. Nothing is lost. Take other work from your home page."""

    code = "other_vendor"
    status = 403


class HeldForReview(AssayError):
    """A lead looks at recent answers of yours, so you are given no new items until then. Nothing is lost, and what you
    have done is paid. Your home page says why, and you can reply there.
    """

    code = "held_for_review"
    status = 403


class ConsentNeeded(AssayError):
    """This batch holds content that you have not agreed to see. Nothing was opened. Agree on your home page, or not."""

    code = "consent_needed"
    status = 403


class CapReached(AssayError):
    """You have done enough of this kind of work for now. Your answers are safe. Take other work, or a paid break."""

    code = "cap_reached"
    status = 409


class UndoClosed(AssayError):
    """This answer can no longer be changed. It is safe as it was sent. Ask a lead if it must be corrected."""

    code = "undo_closed"
    status = 409


class UnknownShortcut(AssayError):
    """There is no such shortcut. Nothing was changed. Load the settings page again."""

    code = "unknown_shortcut"
    status = 422


class KeyNotUsable(AssayError):
    """This key cannot be a shortcut: digits, Tab, Esc and keys typed with AltGr have other work. Nothing was changed.

    Choose a letter. Enter can only submit.
    """

    code = "key_not_usable"
    status = 422


class KeyTaken(AssayError):
    """This key is used for something else. Nothing was changed. Change that one first, or choose another key."""

    code = "key_taken"
    status = 409


class PanelAnswered(AssayError):
    """The panel has answered this item, and such an answer stays as it is. Nothing was changed. Answer another item."""

    code = "panel_answered"
    status = 409


class PanelIncomplete(AssayError):
    """The panel's answer is not complete. Nothing was saved and your words are on the page. Fill in what is marked."""

    code = "panel_incomplete"
    status = 422


class AlreadyChallenged(AssayError):
    """You have said that you disagree with this item, and a lead will read it. This note was not saved. Go on."""

    code = "already_challenged"
    status = 409


class VersionNotNewer(AssayError):
    """A batch moves only to a newer published version of its own rubric. Nothing was changed. Load the page again."""

    code = "version_not_newer"
    status = 409


class DraftTooLarge(AssayError):
    """This draft is too long to be kept on the server. It is safe on this device. Send the answer or shorten it."""

    code = "draft_too_large"
    status = 413


class DraftNotStorable(AssayError):
    """The text holds a character that cannot be stored. It is safe on this device. Take out what looks like a box."""

    code = "draft_not_storable"
    status = 422


class RubricChanged(AssayError):
    """The rubric changed before you began this item. Your answers are safe. See what changed, then go on."""

    code = "rubric_changed"
    status = 409


class LeaderboardUnblinds(AssayError):
    """You can label an open batch here, and the leaderboard names the models behind its answers. Nothing was shown.
    Read it when the batch is closed, or ask somebody who does not label.
    """

    code = "leaderboard_unblinds"
    status = 403


class ItemTaken(AssayError):
    """Another lead is at this item, and the first to rule settles it. Nothing was changed. Take the next one."""

    code = "item_taken"
    status = 409


class AlreadyRuled(AssayError):
    """Somebody has ruled on this item, and their ruling stands. Yours was not recorded. Load the page to revise it."""

    code = "already_ruled"
    status = 409


class AnswerFirst(AssayError):
    """You rule after your own answer, which you give before you see what others said. Nothing was changed. Answer."""

    code = "answer_first"
    status = 409


class AnsweredBlind(AssayError):
    """You have answered this item before, and that answer stays as it is. This one was not saved. Rule on the item."""

    code = "answered_blind"
    status = 409


class NotForAdjudication(AssayError):
    """Only work that somebody judged can be ruled on: no gold, repeat, calibration or text. Nothing was changed."""

    code = "not_for_adjudication"
    status = 422


class RulingIncomplete(AssayError):
    """The ruling is not complete. Nothing was recorded and your words are on the page. Fill in what is marked."""

    code = "ruling_incomplete"
    status = 422


class NotGold(AssayError):
    """This item cannot become gold: it has a panel's answer already, or no id that it was imported under.

    Nothing was recorded. Rule without making it gold.
    """

    code = "not_gold"
    status = 409
