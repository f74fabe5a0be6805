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


class ProjectBusy(AssayError):
    """Another import, batch or set of this project is being written. Nothing was changed. Try again in a minute."""

    code = "project_busy"
    status = 503


class NothingToFreeze(AssayError):
    """There are no judgments or demonstrations here that a set could be made of. Nothing was frozen. Collect some."""

    code = "nothing_to_freeze"
    status = 422


class SetFileMissing(AssayError):
    """The file of this frozen set is missing or has changed; its rows are safe. Ask an admin to restore the file."""

    code = "set_file_missing"
    status = 409


class FileTooLarge(AssayError):
    """The file is larger than this site accepts. Nothing was imported. Split it or ask an admin for a higher limit."""

    code = "file_too_large"
    status = 413


class ImportNotPossible(AssayError):
    """There is no such kind of import. Nothing was imported. Choose one of the kinds."""

    code = "import_kind"
    status = 422
