"""The base of every refusal that a verb can raise."""

from typing import Any

from django.utils.translation import gettext


class AssayError(Exception):
    """Something could not be done. Nothing was changed. Try again or ask an admin.

    A subclass sets `code` (stable, for programs), `status` (HTTP) and its docstring's first paragraph,
    which is the sentence for people: what happened, what is safe, what to do.
    """

    code = "error"
    status = 400
    retry_after: int | None = None  # seconds, for the header of that name

    def __init__(self, message: str | None = None, *, fields: dict[str, Any] | None = None) -> None:
        self.message = message or gettext(self.sentence())
        self.fields = fields
        super().__init__(self.message)

    @classmethod
    def sentence(cls) -> str:
        """The sentence in English, as `make messages` collects it for translation."""
        return " ".join((cls.__doc__ or "").split("\n\n")[0].split())


class NotAllowed(AssayError):
    """Your role in this project does not allow this. Nothing was changed. Ask an admin of the project."""

    code = "not_allowed"
    status = 403


class UnknownWish(AssayError):
    """This setting cannot have that value. Nothing was changed. Choose one of those that the page offers."""

    code = "unknown_wish"
    status = 422


class WrongPassword(AssayError):
    """The old password is not right. Nothing was changed. Try again, or ask an admin for a one-time link."""

    code = "wrong_password"
    status = 422


class WeakPassword(AssayError):
    """This password is too easy to guess. Nothing was changed. Choose another one."""

    code = "weak_password"
    status = 422


class WrongNameOrPassword(AssayError):
    """Name and password do not match. Nothing was changed. Paste and password managers work here; an admin can send
    you a one-time link.
    """

    code = "wrong_name_or_password"
    status = 422


class NameTaken(AssayError):
    """Somebody else signs in with this name or address. Nothing was changed. Choose another one."""

    code = "name_taken"
    status = 409


class TooManyRequests(AssayError):
    """This was done too often in a short time. Nothing was changed. Wait a little and try again."""

    code = "too_many_requests"
    status = 429

    def __init__(self, message: str | None = None, *, retry_after: int = 1) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class SignInBusy(AssayError):
    """Many people sign in right now. Nothing was changed, and nobody was locked out. Try again in a few seconds."""

    code = "sign_in_busy"
    status = 503
    retry_after = 3


class WrongCode(AssayError):
    """This code is wrong, was used already or has expired. Nothing was changed. Wait for the next one and try again."""

    code = "wrong_code"
    status = 422


class SecondStepNeeded(AssayError):
    """Your session needs the second step first. Nothing was changed. Open the site and enter the code."""

    code = "second_step_needed"
    status = 401


class SecondStepRequired(AssayError):
    """Your role asks for a second step. Nothing was changed. Replace it instead of switching it off."""

    code = "second_step_required"
    status = 409
