"""Whatever is sent to the API, and whoever sends it, it ends in no error of ours. `make fuzz-api` asks for longer.

FUZZ_EXAMPLES is how often each operation is called, FUZZ_ROLE whoever asks alone, and FUZZ_PART a share of the
operations, as 2/3, so that a long run can be had in pieces. FUZZ_REPORT names a file for what came out: one JSON object
for each role.
"""

import json
import logging
import os
import time
from pathlib import Path

import pytest
from django.test import Client

from tests.access.matrix import SETTINGS
from tests.access.rows import make_place
from tests.fuzz import asking
from workforce import tokens
from workforce.tokens import SCOPES

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.once]
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "5"))
ROLES = os.environ.get("FUZZ_ROLE", "nobody token rater lead admin").split()
REPORT = os.environ.get("FUZZ_REPORT", os.devnull)
PART, PARTS = (int(number) for number in os.environ.get("FUZZ_PART", "1/1").split("/"))


@pytest.mark.parametrize("role", ROLES)
def test_no_call_ends_in_an_error_of_ours(role, settings, caplog) -> None:
    for name, value in SETTINGS.items():
        setattr(settings, name, value)
    caplog.set_level(logging.CRITICAL, logger="django.request")
    place = make_place("here", {"rater": "rosa", "other rater": "rafi", "lead": "lena", "admin": "ada"})
    token = session = ""
    if role == "token":
        admin = place.people["admin"]
        token = tokens.make_token(team=place.project.team, name="x", scopes=SCOPES, days=7, actor=admin)[1]
    elif role != "nobody":
        client = Client()
        client.force_login(place.people[role])
        session = client.cookies["sessionid"].value
    began, mine = time.monotonic(), asking.operations()[PART - 1 :: PARTS]
    found = [
        fault
        for operation in mine
        for fault in asking.faults(operation, place, examples=EXAMPLES, session=session, token=token)
    ]
    told = {
        "role": role,
        "part": f"{PART}/{PARTS}",
        "operations": len(mine),
        "examples": EXAMPLES,
        "faults": len(found),
    }
    with Path(REPORT).open("a", encoding="utf-8") as report:
        report.write(json.dumps(told | {"seconds": round(time.monotonic() - began)}) + "\n")
    assert found == [], "\n".join(found[:20])


def test_an_error_of_ours_is_seen(settings, monkeypatch) -> None:
    place = make_place("here", {"rater": "rosa", "other rater": "rafi", "lead": "lena", "admin": "ada"})
    client = Client()
    client.force_login(place.people["lead"])
    monkeypatch.setattr("annotation.api.batches.batch_body", None)
    operation = next(one for one in asking.operations() if str(one.path) == "/api/v1/batches/{batch_id}")
    found = asking.faults(operation, place, examples=8, session=client.cookies["sessionid"].value)
    assert found and "TypeError: 'NoneType' object is not callable" in found[0]
