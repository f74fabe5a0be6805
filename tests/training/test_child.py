"""The training process as a process: what it is told, who owns its folder, and that nothing of it stays behind."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from training import child
from training.child import Child, FolderBusy

# A process that holds the lock it inherited and would never end by itself.
HOLDER = "import sys, time; print('ready', flush=True); time.sleep(600)"


def _start(folder: Path) -> Child:
    return Child(kind="sft", folder=folder, config={}, data={})


def _environment(folder: Path) -> list[bytes]:
    """What it is given. With nothing to do it ends at once, perhaps before it is looked at: then once more."""
    for _ in range(50):
        with _start(folder) as process, contextlib.suppress(ProcessLookupError):
            if found := Path(f"/proc/{process.pid}/environ").read_bytes():
                return found.split(b"\0")
    raise AssertionError("none of them lived long enough")


def _gone(pid: int) -> bool:
    """Whether no process of this number runs; one that is dead and not yet reaped counts as gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_it_is_told_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SECRET_KEY", "SECRET_KEY_FILE", "DATABASE_URL", "BROKER_URL"):
        monkeypatch.setenv(name, "canary")
    environment = _environment(tmp_path)
    assert b"HF_HUB_OFFLINE=1" in environment and b"canary" not in b"\0".join(environment)


def test_leaving_it_leaves_no_process_and_frees_the_folder(tmp_path: Path) -> None:
    with _start(tmp_path) as first:
        assert os.getpgid(first.pid) == first.pid != os.getpgid(0)
    assert _gone(first.pid)
    with _start(tmp_path) as second:
        assert second.pid != first.pid


def test_what_it_says_before_it_fails_is_an_event_and_its_trace_goes_to_the_log(tmp_path: Path) -> None:
    with _start(tmp_path) as process:
        events = []
        while (event := process.next_event(timeout=30.0)) is not None:
            events.append(event)
        assert process.exit_code() == 1
    assert [event["event"] for event in events] == ["failed"] and events[0]["code"] == "config_invalid"
    assert "Traceback" in (tmp_path / "log.txt").read_text()


def _held(folder: Path) -> subprocess.Popen[bytes]:
    """A process left behind by a worker that is gone: it holds the lock, and the folder knows its number."""
    lock = child._lock(folder)
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER], stdout=subprocess.PIPE, pass_fds=[lock], start_new_session=True
    )
    os.close(lock)
    assert process.stdout and process.stdout.readline() == b"ready\n"
    return process


def test_a_process_left_behind_is_killed_before_the_folder_is_used_again(tmp_path: Path) -> None:
    orphan = _held(tmp_path)
    (tmp_path / "pid").write_text(f"{orphan.pid} {child._started(orphan.pid)}")
    with _start(tmp_path):
        assert orphan.wait(timeout=5) == -9


def test_a_stranger_that_got_the_number_is_not_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "ORPHAN_SECONDS", 0.3)
    stranger = _held(tmp_path)
    try:
        (tmp_path / "pid").write_text(f"{stranger.pid} 12345")
        with pytest.raises(FolderBusy):
            _start(tmp_path)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_what_cannot_be_noted_down_does_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "ORPHAN_SECONDS", 5.0)
    (tmp_path / "pid").mkdir()  # stands for a disk that fills up just now: the process's number cannot be kept
    with pytest.raises(OSError):
        _start(tmp_path)
    (tmp_path / "pid").rmdir()
    with _start(tmp_path):
        pass  # the folder is free again: neither a process nor this one holds it


def test_a_process_whose_beginning_is_not_known_is_not_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "ORPHAN_SECONDS", 0.3)
    monkeypatch.setattr(child, "_started", lambda pid: child.UNKNOWN)  # a system without /proc
    stranger = _held(tmp_path)
    try:
        (tmp_path / "pid").write_text(f"{stranger.pid} {child.UNKNOWN}")
        with pytest.raises(FolderBusy):
            _start(tmp_path)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


@pytest.mark.parametrize("chosen", [None, "ACTIVE"])
def test_idle_threads_of_it_sleep_unless_told_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chosen: str | None
) -> None:
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    if chosen:
        monkeypatch.setenv("OMP_WAIT_POLICY", chosen)
    environment = _environment(tmp_path)
    assert f"OMP_WAIT_POLICY={chosen or 'PASSIVE'}".encode() in environment
