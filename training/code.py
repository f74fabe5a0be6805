"""Which code a run was made by: a digest of the training package's own source, so that no git is needed."""

import hashlib
from pathlib import Path

SOURCE = Path(__file__).resolve().parent / "rlhf"


def code_version() -> str:
    """`rlhf-` and 16 hex digits of SHA-256 over the names and contents of training/rlhf/*.py."""
    digest = hashlib.sha256()
    for file in sorted(SOURCE.glob("*.py")):
        content = file.read_bytes()
        digest.update(f"{file.name} {len(content)}\n".encode())
        digest.update(content)
    return f"rlhf-{digest.hexdigest()[:16]}"
