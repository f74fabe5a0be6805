"""Forms of sign-in and of the people page. They parse; the verbs decide."""

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.validators import UnicodeUsernameValidator

from workforce.models import Role


class SignInForm(AuthenticationForm):
    """Name and password, with one answer for every way in which they can be wrong."""

    error_messages = {
        "invalid_login": "Name and password do not match. Try again, or ask an admin for a one-time link.",
        "inactive": "Name and password do not match. Try again, or ask an admin for a one-time link.",
    }


class AddPersonForm(forms.Form):
    """Who joins, and as what."""

    username = forms.CharField(
        label="Sign-in name",
        max_length=150,
        validators=[UnicodeUsernameValidator()],
        error_messages={"required": "Give the name this person signs in with."},
    )
    display_name = forms.CharField(label="Full name", max_length=120, required=False)
    role = forms.ChoiceField(label="Role", choices=Role.choices, initial=Role.RATER)
