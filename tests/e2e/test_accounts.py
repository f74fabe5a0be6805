"""From the invitation to the second sign-in, in a browser and by keyboard alone; what is shown once passes axe too."""

import re
import time
from base64 import b32decode

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.axe import complaints
from tests.workforce import counting
from workforce import accounts, managing, tokens, totp
from workforce.models import SecondStep, User

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
PASSWORD = "a long enough phrase"


@pytest.fixture(autouse=True)
def _as_in_production(settings) -> None:
    settings.REQUIRE_TOTP = True
    settings.PASSWORD_HASHERS = [counting.PATH]


def _type_and_send(page: Page, first: str, *texts: str) -> None:
    """Into the field of that label, which takes the focus by itself, and on with Tab; Enter sends."""
    expect(page.get_by_label(first, exact=True)).to_be_focused()
    for at, text in enumerate(texts):
        if at:
            page.keyboard.press("Tab")
        page.keyboard.type(text)
    page.keyboard.press("Enter")


def _code(user: User, which: str) -> str:
    secret = getattr(SecondStep.objects.get(user=user), which)
    return totp.code_at(secret=b32decode(secret), step=int(time.time()) // 30 + (which == "secret"))


def test_an_invited_lead_sets_everything_up_and_signs_in_again(open_page, project, ada, lena, rosa) -> None:
    accounts.set_email(team=project.team, user=lena, email="lena@example.org", actor=ada)
    token = managing.invite(team=project.team, user=lena, actor=ada)
    page = open_page(rosa, f"/login/{token}/?welcome")
    expect(page.get_by_role("button", name="Sign in as")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Set up the second step")).to_be_visible()
    assert page.evaluate("document.querySelector('.qr').naturalWidth") > 100
    _type_and_send(page, "Six digits", _code(lena, "pending"))
    codes = page.locator(".codes code")
    expect(codes).to_have_count(10)
    page.get_by_role("link", name="I have kept them").press("Enter")
    expect(page.get_by_role("heading", name="Set a password")).to_be_visible()
    _type_and_send(page, "New password", PASSWORD, PASSWORD)
    expect(page).to_have_url(re.compile("/p/helpful/batches/$"))
    page.get_by_role("button", name="Sign out").press("Enter")
    _type_and_send(page, "User name or e-mail", "LENA@example.org", PASSWORD)
    expect(page.get_by_role("heading", name="Second step")).to_be_visible()
    _type_and_send(page, "Six digits, or a recovery code", "000000")
    expect(page.get_by_role("alert")).to_contain_text("This code is wrong")
    page.get_by_label("Six digits, or a recovery code").focus()
    _type_and_send(page, "Six digits, or a recovery code", _code(lena, "secret"))
    expect(page).to_have_url(re.compile("/p/helpful/batches/$"))


def test_what_is_shown_once_can_be_read_by_everybody(open_page, settings, project, lena) -> None:
    settings.REQUIRE_TOTP = False
    page = open_page(lena, "/p/helpful/tokens/", bypass_csp=True)
    page.get_by_label("What it is for").fill("Nightly import")
    page.get_by_role("checkbox", name="data:write").check()
    page.get_by_role("button", name="Make the token").click()
    secret = page.get_by_label("Put this where the program keeps its secrets").input_value()
    assert tokens.use_token(secret=secret).user == lena
    assert complaints(page) == set()
    page.goto(page.url.split("/p/")[0] + "/account/second-step/set-up/")
    page.get_by_label("Six digits").fill(_code(lena, "pending"))
    page.get_by_role("button", name="Switch it on").click()
    expect(page.locator(".codes code")).to_have_count(10)
    assert complaints(page) == set()
