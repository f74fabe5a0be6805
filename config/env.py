"""Typed readers of environment variables.

A bad value stops the boot with a sentence that names the variable. Every reader also accepts
NAME_FILE, the path of a file that holds the value, so that secrets need not stand in the environment.
"""

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

RATE = re.compile(r"([1-9]\d{0,8})/([1-9]\d{0,4})?([smh])")
SECONDS = {"s": 1, "m": 60, "h": 3600}
PASSWORD_MIN = 16
TRUE, FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}


def env_str(name: str, default: str = "") -> str:
    """The variable's text, or the content of the file that NAME_FILE names, or the default."""
    file = os.environ.get(f"{name}_FILE")
    if file:
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE names {file}, which cannot be read: {error.strerror}.") from error
    return os.environ.get(name, default)


def env_bool(name: str, default: bool) -> bool:
    """1, true, yes, on or 0, false, no, off, in any case."""
    text = env_str(name).strip().lower()
    if not text:
        return default
    if text not in TRUE | FALSE:
        raise ImproperlyConfigured(f"{name} must be 1 or 0 (true/false, yes/no, on/off also do), not {text!r}.")
    return text in TRUE


def env_int(name: str, default: int, *, low: int = 0, high: int = 2**31 - 1) -> int:
    """A whole number between low and high, both included."""
    text = env_str(name).strip()
    if not text:
        return default
    try:
        number = int(text)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {text!r}.") from error
    if not low <= number <= high:
        raise ImproperlyConfigured(f"{name} must lie between {low} and {high}, not {number}.")
    return number


def env_list(name: str, default: list[str]) -> list[str]:
    """Words separated by commas."""
    text = env_str(name)
    return [word.strip() for word in text.split(",") if word.strip()] if text else default


def env_choice(name: str, default: str, choices: tuple[str, ...]) -> str:
    """One of the choices, exactly as written."""
    text = env_str(name, default)
    if text not in choices:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(choices)}, not {text!r}.")
    return text


def env_rate(name: str, default: str) -> tuple[int, int] | None:
    """How often, as (count, seconds), from COUNT/PERIOD such as 20/h, 240/4m or 5/30s. None from off."""
    text = env_str(name, default).strip().lower()
    if text == "off":
        return None
    found = RATE.fullmatch(text)
    if found is None:
        raise ImproperlyConfigured(f"{name} must be a rate such as 20/h, 240/4m or 5/30s, or off, not {text!r}.")
    return int(found[1]), int(found[2] or 1) * SECONDS[found[3]]


def env_database(name: str, default: str) -> dict[str, Any]:
    """A Django DATABASES entry from sqlite:///path or postgres://user:password@host:port/name."""
    text = env_str(name, default)
    parts = urlsplit(text)
    if parts.scheme == "sqlite":
        path = unquote(parts.path)
        if not path or path == "/":
            raise ImproperlyConfigured(f"{name} needs a path, as in sqlite:////srv/assay/assay.sqlite3.")
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": path,
            "OPTIONS": {
                # IMMEDIATE takes the write lock at BEGIN, so that a read-then-write waits for its
                # turn instead of failing at once; WAL lets readers go on meanwhile.
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
            },
        }
    if parts.scheme in ("postgres", "postgresql"):
        if not parts.path.strip("/"):
            raise ImproperlyConfigured(f"{name} names no database: postgres://user@host/DATABASE.")
        try:
            port = parts.port
        except ValueError as error:
            raise ImproperlyConfigured(f"{name} has a port that is no number.") from error
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.strip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": parts.hostname or "",
            "PORT": str(port or ""),
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": {
                # A host that vanishes says nothing: without these a request waits a quarter of an hour for it, or two.
                "connect_timeout": 5,
                "tcp_user_timeout": 10_000,
                "keepalives_idle": 5,
                "keepalives_interval": 5,
                # Statements are short and their costs guessed high: compiling one took a second, running it a few ms.
                "options": "-c lock_timeout=5s -c jit=off",
            },
        }
    raise ImproperlyConfigured(f"{name} must begin with sqlite:// or postgres://, not {parts.scheme or text!r}.")


def refuse_guessable_password(name: str, database: dict[str, Any]) -> None:
    """Stop the boot if a PostgreSQL that is reached over the network has no password, a short one or a usual one.

    A socket needs none: there the system says who is who.
    """
    if not database["ENGINE"].endswith("postgresql") or not database["HOST"]:
        return
    password = database["PASSWORD"]
    if len(password) < PASSWORD_MIN or password in (database["USER"], database["NAME"]) or len(set(password)) < 6:
        raise ImproperlyConfigured(
            f"{name} holds a database password that can be guessed: it needs at least {PASSWORD_MIN} characters, "
            "none of the names in the address. Make one with `make secret`."
        )
