"""Whose page is asking: a page that was opened by somebody else than the one signed in now says so."""

from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request

from workforce.models import User
from workforce.scoping import me

PERSON = "Assay-Person"


def rater_of(request: Request) -> User:
    """Who is signed in. Raises NotAuthenticated for somebody else's page: its answers and its time are not theirs."""
    rater = me(request)
    if request.headers.get(PERSON, str(rater.pk)) != str(rater.pk):
        raise NotAuthenticated
    return rater
