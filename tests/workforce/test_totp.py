"""Codes are those of RFC 6238, appendix B (SHA-1, eight digits), and of RFC 4226, appendix D."""

from base64 import b32decode, b32encode
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from workforce import totp

KEY = b"12345678901234567890"


@pytest.mark.parametrize(
    ("second", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_rfc_6238(second: int, code: str) -> None:
    assert totp.code_at(secret=KEY, step=second // 30, digits=8) == code
    found = totp.step_of(secret=b32encode(KEY).decode(), code=code[-6:], now=second)
    assert found == second // 30


HOTP = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"]


@pytest.mark.parametrize(("counter", "code"), enumerate(HOTP))
def test_rfc_4226(counter: int, code: str) -> None:
    assert totp.code_at(secret=KEY, step=counter) == code


def test_a_clock_may_be_one_step_off_and_no_more() -> None:
    secret = b32encode(KEY).decode()
    for off in range(-3, 4):
        code = totp.code_at(secret=KEY, step=1000 + off)
        assert totp.step_of(secret=secret, code=code, now=30_000 + 29) == (1000 + off if abs(off) <= 1 else None)


def test_secrets_have_160_bits_and_differ() -> None:
    made = {totp.make_secret() for _ in range(100)}
    assert len(made) == 100 and {len(b32decode(one)) for one in made} == {20}


def test_an_app_reads_the_address() -> None:
    parts = urlsplit(totp.address(secret="ABC", issuer="Assay", account="rosa+1@example.org"))
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert unquote(parts.path) == "/Assay:rosa+1@example.org"
    assert parse_qs(parts.query) == {"secret": ["ABC"], "issuer": ["Assay"]}
