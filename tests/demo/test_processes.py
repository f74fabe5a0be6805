"""The stack is started, answers, and leaves no process behind, also when one of its parts dies."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from django.conf import settings

from demo.client import Person, Refused
from demo.processes import ProcessDied, Stack, free_port

pytestmark = [pytest.mark.slow, pytest.mark.once]


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    environment = {"DATABASE_URL": f"sqlite:///{tmp_path}/assay.sqlite3", "BROKER_URL": "filesystem://"}
    return Stack(var=tmp_path, port=free_port(), environment=environment)


def test_it_answers_and_ends_with_all_its_processes(stack: Stack) -> None:
    with stack:
        family = [child for process in stack.processes.values() for child in _family(process.pid)]
        assert len(family) >= 4
        with pytest.raises(Refused) as refused:
            Person(stack.url).get("projects/none/models")
        assert refused.value.answer_status == 401
    assert not [process for process in family if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]


def test_a_dead_part_is_reported_by_name(stack: Stack) -> None:
    with stack:
        os.kill(stack.processes["beat"].pid, signal.SIGKILL)
        stack.processes["beat"].wait(10)
        with pytest.raises(ProcessDied, match="beat"):
            stack.check()


def test_asked_to_end_it_leaves_no_process_behind(tmp_path: Path) -> None:
    code = "import sys, time, pathlib; from demo.processes import Stack, free_port\n"
    code += "with Stack(var=pathlib.Path(sys.argv[1]), port=free_port()): print('up', flush=True); time.sleep(600)"
    environment = os.environ | {"DATABASE_URL": f"sqlite:///{tmp_path}/assay.sqlite3", "BROKER_URL": "filesystem://"}
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, env=environment, cwd=settings.BASE_DIR, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None and parent.stdout.readline() == b"up\n"
        family = _family(parent.pid)
        assert len(family) >= 5
        parent.terminate()
        assert parent.wait(60) == 128 + signal.SIGTERM
    assert not [process for process in family if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]


def _family(pid: int) -> list[psutil.Process]:
    parent = psutil.Process(pid)
    return [parent, *parent.children(recursive=True)]
