"""What the training process says becomes columns and metrics, also what JSON has no number for."""

import sys

import pytest

from training import following
from training.child import Child
from training.fencing import claim
from training.launching import launch_run

pytestmark = pytest.mark.django_db

SAYS = """\
import json
for event in (
    {"event": "started", "steps": 2, "resumed_from": None, "device": "cpu", "threads": 1},
    {"event": "alive"},
    {"event": "metrics", "step": 1, "values": {"kl": None, "reward": 0.5}},
    {"event": "finished", "result": {}},
):
    print(json.dumps(event), flush=True)
"""


def test_a_metric_that_was_no_number_is_left_out_and_the_run_goes_on(
    settings, tmp_path, project, ada, tiny, demonstrations
) -> None:
    run = launch_run(
        project=project, kind="sft", actor=ada, preset="smoke", base=tiny, demonstration_set=demonstrations
    )
    fence = claim(run_pk=run.pk, worker="here", code_version="")
    (tmp_path / "says.py").write_text(SAYS)
    stand_in = tmp_path / "python"
    stand_in.write_text(f"#!/bin/sh\nexec {sys.executable} {tmp_path / 'says.py'}\n")
    stand_in.chmod(0o755)
    settings.TRAIN_PYTHON = str(stand_in)
    assert fence is not None
    with Child(kind="sft", folder=tmp_path / "run", config={}, data={}) as child:
        outcome = following.follow(child=child, fence=fence)
    assert (outcome.state, outcome.message) == ("succeeded", "")
    assert [metric.values for metric in run.metrics.all()] == [{"reward": 0.5}]
