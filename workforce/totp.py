"""Time-based one-time codes as authenticator apps make them: RFC 6238 over RFC 4226, SHA-1, six digits, 30 seconds."""

import hashlib
import hmac
import secrets
from base64 import b32decode, b32encode
from urllib.parse import quote, urlencode

STEP_SECONDS = 30
DRIFT_STEPS = 1  # a phone's clock may be half a minute off, either way
SECRET_BYTES = 20


def make_secret() -> str:
    """160 random bits in base32, as RFC 4226 advises."""
    return b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def code_at(*, secret: bytes, step: int, digits: int = 6) -> str:
    """The code of the step-th stretch of 30 seconds since 1970."""
    digest = hmac.new(secret, step.to_bytes(8, "big"), hashlib.sha1).digest()
    offset = digest[-1] & 0xF
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFF_FFFF
    return str(number % 10**digits).zfill(digits)


def step_of(*, secret: str, code: str, now: float) -> int | None:
    """Which step the code belongs to, of those that count at `now` (seconds since 1970); None if it is of none."""
    current, key = int(now) // STEP_SECONDS, b32decode(secret)
    found = None
    for step in range(current - DRIFT_STEPS, current + DRIFT_STEPS + 1):
        if hmac.compare_digest(code_at(secret=key, step=step).encode(), code.encode()):
            found = step
    return found


def address(*, secret: str, issuer: str, account: str) -> str:
    """The otpauth address that an app reads from a QR code."""
    query = urlencode({"secret": secret, "issuer": issuer}, quote_via=quote)
    return f"otpauth://totp/{quote(issuer)}:{quote(account)}?{query}"
