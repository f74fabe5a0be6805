"""The host of the database is gone without a word: who waits for it is told so, instead of waiting for an hour."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.once]

SOON = 20.0  # seconds, after which a rater's browser gives a request up
PATIENCE = 120.0


@pytest.mark.skipif(os.geteuid() != 0, reason="a network of its own needs root")
@pytest.mark.skipif(not (shutil.which("unshare") and shutil.which("ip")), reason="unshare or ip is not here")
def test_a_request_does_not_wait_for_a_host_that_is_gone(tmp_path: Path) -> None:
    words = ["unshare", "--net", sys.executable, "-m", "tests.faults.vanishing"]
    environment = os.environ | {"ASSAY_VAR": str(tmp_path)}
    done = subprocess.run(
        words, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, timeout=PATIENCE
    )
    if "Operation not permitted" in done.stderr:
        pytest.skip("no network of its own is to be had here")
    told = json.loads(done.stdout)
    if "skip" in told:
        pytest.skip(told["skip"])
    for case in ("sent", "waiting"):
        assert told[case]["away"] and told[case]["seconds"] < SOON, told
