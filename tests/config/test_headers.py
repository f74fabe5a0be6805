"""What every answer carries, and that Django finds nothing to warn of in the production settings."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as site
from django.test import Client

from workforce.models import User

KEY = "kq9W-cr7TzL_0aXbE4mN" * 3
PRODUCTION = {
    "ASSAY_ENV": "production",
    "SECRET_KEY": KEY,
    "ALLOWED_HOSTS": "assay.example",
    "DATABASE_URL": f"postgres://assay:{KEY}@db/assay",
    "DJANGO_SETTINGS_MODULE": "config.settings",
}
ASK = """
import json, sys, django
django.setup()
from django.test import Client
client = Client(HTTP_HOST="assay.example")
plain = client.get("/login/")
page = client.get("/login/", secure=True)
print(json.dumps([
    [plain.status_code, plain.headers["Location"]],
    dict(page.headers.items()),
    {
        name: [bool(one["secure"]), bool(one["httponly"]), one["samesite"], one["path"], one["domain"]]
        for name, one in page.cookies.items()
    },
]))
"""


def _run(var: Path, *command: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    environment = clean | PRODUCTION | {"ASSAY_VAR": str(var)}
    return subprocess.run(
        [sys.executable, *command], env=environment, cwd=site.BASE_DIR, capture_output=True, text=True, check=False
    )


def test_django_has_nothing_to_warn_of_in_production(tmp_path: Path) -> None:
    check = _run(tmp_path, "manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert check.returncode == 0, check.stderr
    assert "(0 silenced)" in check.stdout


def test_production_answers_over_tls_only_with_every_header_and_locked_cookies(tmp_path: Path) -> None:
    _run(tmp_path, "manage.py", "collectstatic", "--no-input", "-v0")
    asked = _run(tmp_path, "-c", ASK)
    assert asked.returncode == 0, asked.stderr
    redirect, headers, cookies = json.loads(asked.stdout)
    assert redirect == [301, "https://assay.example/login/"]
    assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
    assert cookies == {"__Host-csrf": [True, False, "Lax", "/", ""]}
    assert site.CSRF_COOKIE_HTTPONLY is False  # scripts send it back


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/login/", "/account/", "/no/such/page", "/api/v1/schema", "/api/v1/runs/1"])
def test_every_answer_carries_them(rosa: User, path: str) -> None:
    client = Client()
    if path != "/login/":
        client.force_login(rosa)
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "no-store" in headers["Cache-Control"]
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == policy["object-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == policy["connect-src"] == "'self'"
    assert "unsafe" not in str(policy) and "*" not in str(policy)


@pytest.mark.django_db
def test_what_may_be_kept_says_so_itself(client: Client, rosa: User) -> None:
    client.force_login(rosa)
    assert client.get("/words/ar.js").headers["Cache-Control"] == "public, immutable, max-age=31536000"


@pytest.mark.django_db
def test_the_session_cookie_is_out_of_reach_of_scripts(client: Client, rosa: User) -> None:
    client.force_login(rosa)
    client.get("/account/")
    cookie = client.cookies["sessionid"]
    assert (bool(cookie["httponly"]), cookie["samesite"], cookie["path"], cookie["domain"]) == (True, "Lax", "/", "")
