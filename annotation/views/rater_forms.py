"""Forms of what a lead does about a rater."""

from collections.abc import Sequence
from typing import Any

from django import forms

from annotation.models import Batch
from annotation.stating import REASON_MAX
from workforce.messaging import BODY_MAX


class MessageForm(forms.Form):
    """Feedback in a lead's words."""

    text = forms.CharField(
        label="What you want to tell them",
        max_length=BODY_MAX,
        widget=forms.Textarea(attrs={"rows": 3, "class": "input"}),
    )


class HoldForm(forms.Form):
    """Why a rater is held, or a hold is lifted or confirmed: they read it as it is written."""

    reason = forms.CharField(
        label="Why, in words that the rater will read",
        max_length=REASON_MAX,
        widget=forms.Textarea(attrs={"rows": 3, "class": "input"}),
    )


class DismissForm(forms.Form):
    """Why an alarm is nothing."""

    reason = forms.CharField(
        label="Why it is nothing, for the log",
        max_length=REASON_MAX,
        widget=forms.TextInput(attrs={"class": "input"}),
    )


class CalibrateForm(HoldForm):
    """Which round a rater is asked to do."""

    batch = forms.ChoiceField(label="Round", widget=forms.Select(attrs={"class": "input"}))
    field_order = ("batch", "reason")

    def __init__(self, *args: Any, batches: Sequence[Batch], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["batch"].choices = [(batch.pk, str(batch)) for batch in batches]  # type: ignore[attr-defined]  # a ChoiceField has them


class RequeueForm(HoldForm):
    """How many of a rater's last answers others give again."""

    last = forms.TypedChoiceField(
        label="How many",
        coerce=int,
        choices=[(n, f"the last {n}") for n in (10, 25, 50, 100, 200)],
        widget=forms.Select(attrs={"class": "input"}),
    )
    field_order = ("last", "reason")


class PoolForm(HoldForm):
    """Which pool a rater joins or leaves: "in:" or "out:" with the key of a skill."""

    change = forms.ChoiceField(label="Change", widget=forms.Select(attrs={"class": "input"}))
    field_order = ("change", "reason")

    def __init__(self, *args: Any, choices: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["change"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField has them


class ConfirmForm(HoldForm):
    """From when on the answers do not stand."""

    since = forms.ChoiceField(label="Which answers", widget=forms.RadioSelect)

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["since"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField has them
