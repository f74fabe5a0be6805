"""A web process never carries the training libraries: it would pay gigabytes and seconds for nothing."""

import json
import os
import subprocess
import sys
from pathlib import Path

from django.conf import settings

HEAVY = ["torch", "transformers", "accelerate", "peft", "safetensors"]
LOOK = f"""
import json, sys
import config.wsgi
from django.urls import get_resolver

def views(patterns):
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            yield from views(pattern.url_patterns)
        else:
            yield pattern.callback

count = len(list(views(get_resolver().url_patterns)))
print(json.dumps([count, [name for name in {HEAVY} if name in sys.modules]]))
"""


def test_a_fresh_web_process_with_all_addresses_loaded_has_no_torch(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOOK],
        cwd=settings.BASE_DIR,
        env={**os.environ, "ASSAY_VAR": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    count, heavy = json.loads(done.stdout.splitlines()[-1])
    assert count > 10 and heavy == []
