"""The second line: a verb refuses whoever does not hold its role, also where a view has asked before."""

import pytest

from tests.access.rows import make_place
from tests.access.verbs import arguments, call, let_in, verbs
from workforce import tokens
from workforce.errors import NotAllowed
from workforce.models import Membership, Role

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def test_every_verb_asks_for_its_role_itself() -> None:
    here = make_place("here", {"rater": "rosa", "other rater": "rafi", "lead": "lena", "admin": "ada"})
    there = make_place("there", {"rater": "remy", "other rater": "rolf", "lead": "leo", "admin": "vic"})
    given = arguments(here)
    found = verbs()
    wrong = [line for verb in found for line in let_in(verb, here, there, given)]
    assert wrong == [], "\n".join(wrong)
    assert len(found) > 40


def test_whoever_leads_no_longer_cannot_even_revoke_their_own_token(team, lena) -> None:
    token = tokens.make_token(team=team, name="x", scopes=["data:read"], days=7, actor=lena)[0]
    Membership.objects.filter(user=lena, role=Role.LEAD).delete()
    with pytest.raises(NotAllowed):
        tokens.revoke_token(token=token, actor=lena)


def test_a_verb_lets_in_who_holds_the_role() -> None:
    here = make_place("here", {"rater": "rosa", "other rater": "rafi", "lead": "lena", "admin": "ada"})
    given = arguments(here)
    verb = next(verb for verb in verbs() if verb.name == "make_vendor")
    assert call(verb, given, here.people["admin"]).name == "another"
