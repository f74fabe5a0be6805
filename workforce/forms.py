"""Forms of the people page. They parse; the verbs decide."""

from typing import Any

from django import forms
from django.contrib.auth.validators import UnicodeUsernameValidator

from workforce.models import Role, Team, Vendor


class EmailForm(forms.Form):
    """The address somebody may sign in with."""

    email = forms.EmailField(
        label="E-mail",
        max_length=254,
        required=False,
        help_text="To sign in with instead of the name. Nothing is sent to it.",
    )


class AddPersonForm(forms.Form):
    """Who joins, and as what."""

    username = forms.CharField(
        label="Sign-in name",
        max_length=150,
        validators=[UnicodeUsernameValidator()],
        error_messages={"required": "Give the name this person signs in with."},
    )
    display_name = forms.CharField(label="Full name", max_length=120, required=False)
    email = forms.EmailField(
        label="E-mail", max_length=254, required=False, help_text="To sign in with instead of the name. Optional."
    )
    role = forms.ChoiceField(label="Role", choices=Role.choices, initial=Role.RATER)
    vendor = forms.ModelChoiceField(
        Vendor.objects.none(), label="Comes through", required=False, empty_label="Nobody, directly"
    )

    def __init__(self, *args: Any, team: Team, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        active = team.vendors.filter(active=True)
        if active:
            self.fields["vendor"].queryset = active  # type: ignore[attr-defined]  # a choice of models, see above
        else:
            del self.fields["vendor"]


class VendorForm(forms.Form):
    """A company that sends raters."""

    name = forms.CharField(
        label="Name of the company", max_length=120, error_messages={"required": "Give the vendor a name."}
    )
