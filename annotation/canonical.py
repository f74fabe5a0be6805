"""Canonical bytes and digests of content: the same for the same content on every machine and database."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def canonical_json(value: Any) -> bytes:
    """UTF-8 JSON with sorted keys and no spaces. Floats are refused: their text differs between writers."""
    _refuse_floats(value)
    return ENCODER.encode(value).encode()


def digest_of(value: Any) -> str:
    """SHA-256 in hex of the canonical JSON."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def prompt_digest(messages: Sequence[dict[str, str]]) -> str:
    """The digest of a prompt: its messages, each with role and content."""
    return digest_of([{"role": message["role"], "content": message["content"]} for message in messages])


def response_digest(*, text: str, model_tag: str = "") -> str:
    """The digest of a response: its text and who wrote it."""
    return digest_of([text, model_tag])


def text_digest(text: str) -> str:
    """SHA-256 in hex of the text itself."""
    return hashlib.sha256(text.encode()).hexdigest()


def _refuse_floats(value: Any) -> None:
    if isinstance(value, float):
        raise TypeError("canonical JSON holds no floats")
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list | tuple):
        return
    for part in value:
        _refuse_floats(part)
