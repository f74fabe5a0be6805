"""The loop as a real process: events on stdout, logs on stderr, SIGTERM to stop, a sentence on failure."""

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from training.rlhf import process
from training.rlhf.checkpoints import latest_checkpoint
from training.rlhf.process import Events

ROOT = Path(__file__).resolve().parents[2]


def command(kind: str, config: dict[str, Any], data: dict[str, Path], out: Path) -> list[str]:
    out.mkdir(exist_ok=True)
    (out / "config.json").write_text(json.dumps(config))
    (out / "data.json").write_text(json.dumps({name: str(path) for name, path in data.items()}))
    files = ["--config", str(out / "config.json"), "--data", str(out / "data.json"), "--out", str(out)]
    return [sys.executable, "-m", "training.rlhf", kind, *files]


def finish(arguments: list[str]) -> tuple[int, list[dict[str, Any]], str]:
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def settings(tiny: Path, **changes: Any) -> dict[str, Any]:
    return {"base": str(tiny), "steps": 4, "batch": 4, "checkpoint_every": 2, "device": "cpu"} | changes


def test_a_run_tells_what_it_does(tiny: Path, demonstrations, tmp_path: Path) -> None:
    out = tmp_path / "out"
    code, events, _ = finish([*command("sft", settings(tiny), demonstrations, out), "--parent", str(os.getpid())])
    assert code == 0
    assert events[0] == {"event": "started", "steps": 4, "resumed_from": None, "device": "cpu", "threads": 1}
    assert [e["step"] for e in events if e["event"] == "metrics"] == [1, 2, 3, 4]
    checkpoints = [e for e in events if e["event"] == "checkpoint"]
    newest = latest_checkpoint(out)
    assert newest is not None
    assert [e["step"] for e in checkpoints] == [2, 4]
    assert (checkpoints[-1]["path"], checkpoints[-1]["digest"]) == (str(newest.path), newest.digest)
    assert events[-1] == {"event": "finished", "result": json.loads((out / "result.json").read_text())}


def test_sigterm_stops_after_a_checkpoint_and_it_goes_on_from_there(tiny: Path, demonstrations, tmp_path: Path) -> None:
    arguments = command("sft", settings(tiny, steps=10_000, checkpoint_every=9_999), demonstrations, tmp_path / "out")
    with subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as child:
        assert child.stdout is not None
        for line in child.stdout:
            if json.loads(line)["event"] == "metrics":
                child.send_signal(signal.SIGTERM)
                break
        events = [json.loads(line) for line in child.stdout]
        assert child.wait(timeout=60) == 75
    assert events[-1]["event"] == "stopped"
    newest = latest_checkpoint(tmp_path / "out")
    assert newest is not None
    assert newest.step == events[-1]["step"] < 10_000

    with subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as child:
        assert child.stdout is not None
        first, second = json.loads(child.stdout.readline()), json.loads(child.stdout.readline())
        child.kill()
    assert first["resumed_from"] == newest.step
    assert (second["event"], second["step"]) == ("metrics", newest.step + 1)


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"base": "/nowhere/lost"}, "model_missing", "no model in the folder lost"),
        ({"batch": 0}, "config_invalid", "batch must be at least 1"),
    ],
)
def test_a_failure_is_a_code_and_a_sentence(
    tiny: Path, demonstrations, tmp_path: Path, changes: dict[str, Any], code: str, words: str
) -> None:
    status, events, log = finish(command("sft", settings(tiny, **changes), demonstrations, tmp_path / "out"))
    assert status == 1
    assert (events[-1]["event"], events[-1]["code"]) == ("failed", code)
    assert words in events[-1]["message"]
    assert "Traceback" not in events[-1]["message"]
    assert "Traceback" in log


def test_bad_data_is_a_sentence_too(tiny: Path, demonstrations, tmp_path: Path) -> None:
    with demonstrations["demonstrations"].open("a") as file:
        file.write("{oops\n")
    status, events, _ = finish(command("sft", settings(tiny), demonstrations, tmp_path / "out"))
    assert (status, events[-1]["code"]) == (1, "data_invalid")
    assert "line 25" in events[-1]["message"]


def test_it_does_not_start_under_another_parent(tiny: Path, demonstrations, tmp_path: Path) -> None:
    status, events, _ = finish([*command("sft", settings(tiny), demonstrations, tmp_path / "out"), "--parent", "1"])
    assert (status, events) == (1, [])


@pytest.mark.skipif(sys.platform != "linux", reason="the parent's death is a Linux signal")
def test_it_dies_with_its_parent(tiny: Path, demonstrations, tmp_path: Path) -> None:
    arguments = command("sft", settings(tiny, steps=100_000), demonstrations, tmp_path / "out")
    script = (
        "import os, subprocess, sys, signal\n"
        "child = subprocess.Popen([*sys.argv[1:], '--parent', str(os.getpid())])\n"
        "print('child', child.pid, flush=True)\n"
        "signal.pause()\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert parent.stdout is not None
    parent.stdout.readline()
    while json.loads(parent.stdout.readline())["event"] != "metrics":
        pass
    parent.kill()
    parent.wait()
    # The pipe's other end is held by the child alone: it closes when the child is gone.
    for _ in parent.stdout:
        pass
    parent.stdout.close()


def test_a_damaged_checkpoint_is_neither_used_nor_told_of(tiny: Path, demonstrations, tmp_path: Path) -> None:
    arguments = command("sft", settings(tiny), demonstrations, tmp_path / "out")
    assert finish(arguments)[0] == 0
    (tmp_path / "out" / "checkpoints" / "step-000004" / "manifest.json").write_text("{")
    code, events, log = finish(arguments)
    assert code == 0, log
    assert events[0]["resumed_from"] == 2
    assert [e["step"] for e in events if e["event"] == "checkpoint"] == [4]


def test_work_between_steps_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    events = Events(stream)
    events.emit("started")
    events.alive()
    assert len(stream.getvalue().splitlines()) == 1  # just heard: no need to say more
    monkeypatch.setattr(process, "ALIVE_SECONDS", 0.0)
    events.alive()
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["started", "alive"]
