"""A bad value in the environment stops the boot with a sentence that names the variable."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from config.env import env_bool, env_choice, env_database, env_int, env_rate, env_str


@pytest.mark.parametrize(
    ("text", "is_on"), [("1", True), ("yes", True), ("On", True), ("0", False), ("FALSE", False), ("", True)]
)
def test_switches(monkeypatch: pytest.MonkeyPatch, text: str, is_on: bool) -> None:
    monkeypatch.setenv("SWITCH", text)
    assert env_bool("SWITCH", True) is is_on


@pytest.mark.parametrize(
    ("reader", "text"),
    [
        (lambda: env_bool("THING", False), "perhaps"),
        (lambda: env_int("THING", 1), "many"),
        (lambda: env_int("THING", 1, high=10), "11"),
        (lambda: env_choice("THING", "a", ("a", "b")), "c"),
        (lambda: env_database("THING", ""), "mysql://localhost/assay"),
        (lambda: env_database("THING", ""), "postgres://localhost"),
        (lambda: env_database("THING", ""), "postgres://localhost:port/assay"),
        (lambda: env_database("THING", ""), "sqlite://"),
    ],
)
def test_a_bad_value_names_its_variable(monkeypatch: pytest.MonkeyPatch, reader: object, text: str) -> None:
    monkeypatch.setenv("THING", text)
    with pytest.raises(ImproperlyConfigured, match="THING"):
        reader()  # type: ignore[operator]


def test_a_secret_can_stand_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from the file\n")
    monkeypatch.setenv("THING_FILE", str(tmp_path / "secret"))
    assert env_str("THING") == "from the file"
    monkeypatch.setenv("THING_FILE", str(tmp_path / "missing"))
    with pytest.raises(ImproperlyConfigured, match="THING_FILE"):
        env_str("THING")


def test_a_password_with_odd_signs_survives_the_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THING", "postgres://me:p%40ss%2Fword@db.example:6543/assay")
    database = env_database("THING", "")
    assert (database["USER"], database["PASSWORD"], database["HOST"], database["PORT"], database["NAME"]) == (
        "me",
        "p@ss/word",
        "db.example",
        "6543",
        "assay",
    )


KEY = "kq9W-cr7TzL_0aXbE4mN" * 3
HOST = {"ALLOWED_HOSTS": "assay.example", "SECRET_KEY": KEY}


def _boot(var: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    return subprocess.run(
        [
            sys.executable,
            "-c",
            "import django; django.setup(); from django.conf import settings; print(settings.SECRET_KEY)",
        ],
        env=clean | {"DJANGO_SETTINGS_MODULE": "config.settings", "ASSAY_VAR": str(var)} | environment,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )


def test_two_installations_have_different_keys_and_one_keeps_its_own(tmp_path: Path) -> None:
    first, again, second = _boot(tmp_path / "a"), _boot(tmp_path / "a"), _boot(tmp_path / "b")
    assert first.stdout == again.stdout != second.stdout
    assert len(first.stdout.strip()) >= 50
    assert (tmp_path / "a" / "secret_key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"ALLOWED_HOSTS": "assay.example"}, "SECRET_KEY"),
        ({"ALLOWED_HOSTS": "assay.example", "SECRET_KEY": "short"}, "SECRET_KEY"),
        ({"SECRET_KEY": KEY}, "ALLOWED_HOSTS"),
        ({"SECRET_KEY": KEY, "ALLOWED_HOSTS": "assay.example", "ASSAY_DEBUG": "1"}, "ASSAY_DEBUG"),
        (HOST | {"SECRET_KEY": "ab" * 40}, "SECRET_KEY"),
        (HOST | {"SECRET_KEY": "django-insecure-" + KEY}, "SECRET_KEY"),
        (HOST | {"DATABASE_URL": "postgres://assay@db/assay"}, "DATABASE_URL"),
        (HOST | {"DATABASE_URL": "postgres://assay:assay@db/assay"}, "DATABASE_URL"),
        (HOST | {"DATABASE_URL": "postgres://assay:postgres@127.0.0.1/assay"}, "DATABASE_URL"),
        (HOST | {"DATABASE_URL": "postgres://assay:aaaaaaaaaaaaaaaaaaaa@db/assay"}, "DATABASE_URL"),
    ],
)
def test_production_refuses_to_start_without_its_secrets(
    tmp_path: Path, environment: dict[str, str], named: str
) -> None:
    boot = _boot(tmp_path, ASSAY_ENV="production", **environment)
    assert boot.returncode != 0
    assert named in boot.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("text", "rate"),
    [("20/h", (20, 3600)), ("240/4m", (240, 240)), ("5/30S", (5, 30)), (" off ", None), ("", (1, 60))],
)
def test_rates(monkeypatch: pytest.MonkeyPatch, text: str, rate: tuple[int, int] | None) -> None:
    if text:
        monkeypatch.setenv("RATE", text)
    assert env_rate("RATE", "1/m") == rate


@pytest.mark.parametrize("text", ["0/h", "20", "20/d", "-1/h", "1.5/h", "20/0m", "20 / h"])
def test_a_bad_rate_names_its_variable(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("RATE", text)
    with pytest.raises(ImproperlyConfigured, match="RATE"):
        env_rate("RATE", "1/m")


@pytest.mark.parametrize(
    "url", [f"postgres://assay:{KEY}@db/assay", "postgres:///assay", "sqlite:////tmp/assay.sqlite3"]
)
def test_production_starts_with_a_good_password_or_a_socket(tmp_path: Path, url: str) -> None:
    boot = _boot(tmp_path, ASSAY_ENV="production", **HOST, DATABASE_URL=url)
    assert boot.returncode == 0, boot.stderr
