"""Why a rubric could not be changed."""

from workforce.errors import AssayError


class RubricSlugTaken(AssayError):
    """This team has a rubric with that short name already. Nothing was changed. Choose another short name."""

    code = "rubric_slug_taken"
    status = 409


class VersionFrozen(AssayError):
    """This version is published and can no longer be changed. Its labels stay as they are. Start a new draft."""

    code = "version_frozen"
    status = 409


class DraftExists(AssayError):
    """This rubric has a draft already. Nothing was changed. Finish or edit that draft first."""

    code = "draft_exists"
    status = 409


class DraftChangedMeanwhile(AssayError):
    """Somebody else changed this draft after you opened it. Your text was not saved and is still in the form.

    The client compares its `seen` digest with the content's; open the draft again to see theirs.
    """

    code = "draft_changed_meanwhile"
    status = 409


class DraftMalformed(AssayError):
    """Parts of the draft cannot be saved. Nothing was changed. Mend the marked fields and save again."""

    code = "draft_malformed"
    status = 422


class NotReadyToPublish(AssayError):
    """The draft is not complete. Nothing was published. Finish what is listed and publish again."""

    code = "not_ready_to_publish"
    status = 409


class WrongChangeClass(AssayError):
    """The kind of change does not fit: only version 1 is a first version. Nothing was published. Choose another."""

    code = "wrong_change_class"
    status = 422
