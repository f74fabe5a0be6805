"""That the tool sees what it is for: a few checks of different kinds are removed, and each removal is noticed.

All of them: `make mutants-access`.
"""

import logging

import pytest
from django.test import override_settings

from tests.access.checks import all_checks
from tests.access.matrix import SETTINGS
from tests.access.mutants import noticed, questions
from tests.access.removing import removed
from workforce import vendors
from workforce.errors import NotAllowed

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.once]
SOME = {
    ("workforce/views.py", "members", "login"),
    ("workforce/views.py", "members", "gate team_of_project"),
    ("workforce/views.py", "remove_member", "rows of one owner"),
    ("workforce/roles.py", "require", "raise NotAllowed"),
    ("workforce/vendors.py", "make_vendor", "require"),
    ("annotation/models/corpus.py", "ProjectQuerySet.led_by", "the role of teams_of"),
}


def test_a_few_removals_are_noticed(caplog) -> None:
    caplog.set_level(logging.CRITICAL, logger="django.request")
    chosen = [check for check in all_checks() if (check.path, check.function, check.kind) in SOME]
    assert len(chosen) == len(SOME)
    with override_settings(**SETTINGS):
        asked = questions(["people", "people-remove", "api-batch-pause"], verbs=True)
        assert [str(check) for check in chosen if not noticed(check, asked)] == []
        assert noticed(chosen[0], []) == ""  # who asks nothing notices nothing


def test_a_check_is_gone_and_comes_back(team, lena) -> None:
    check = next(check for check in all_checks() if (check.function, check.kind) == ("make_vendor", "require"))
    with removed(check):
        assert vendors.make_vendor(team=team, name="Nimbus", actor=lena).name == "Nimbus"
    with pytest.raises(NotAllowed):
        vendors.make_vendor(team=team, name="Stratus", actor=lena)
