"""The base of every refusal that a verb can raise."""

from typing import Any


class AssayError(Exception):
    """Something could not be done. Nothing was changed. Try again or ask an admin.

    A subclass sets `code` (stable, for programs), `status` (HTTP) and its docstring's first paragraph,
    which is the sentence for people: what happened, what is safe, what to do.
    """

    code = "error"
    status = 400

    def __init__(self, message: str | None = None, *, fields: dict[str, Any] | None = None) -> None:
        self.message = message or " ".join((type(self).__doc__ or "").split("\n\n")[0].split())
        self.fields = fields
        super().__init__(self.message)


class NotAllowed(AssayError):
    """Your role in this project does not allow this. Nothing was changed. Ask an admin of the project."""

    code = "not_allowed"
    status = 403
