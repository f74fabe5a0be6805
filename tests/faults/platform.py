"""A whole platform of its own for a test: folders, database, broker, workers. Ends only what it started."""

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any, Self

from django.conf import settings

PATIENCE = 180.0  # seconds a condition may take on a machine that is busy with other things


def gone(pid: int) -> bool:
    """Whether the process has ended (one not yet reaped counts as ended)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


class Platform:
    """`ask` runs a snippet in a process of the platform and returns what it leaves in `answer`."""

    def __init__(self, var: Path, **environment: str) -> None:
        self.var = var
        self.environment = {**os.environ, "ASSAY_VAR": str(var), "DJANGO_SETTINGS_MODULE": "config.settings"}
        self.environment |= {"OMP_NUM_THREADS": "1", "RUN_THREADS": "1", **environment}
        self._database = _own_database(self.environment)
        self._workers: list[subprocess.Popen[bytes]] = []
        self._console: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self.manage("migrate", "--verbosity", "0")
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            self.kill(worker)
        if self._console:
            self._console.kill()
            self._console.wait()
        if self._database:
            _on_server(self._database[0], f'DROP DATABASE "{self._database[1]}" WITH (FORCE)')

    def database_url(self) -> str:
        """Where the platform's database is, for a program that is told by a URL."""
        return self.environment.get("DATABASE_URL", f"sqlite://{self.var / 'assay.sqlite3'}")

    def vendor(self) -> str:
        return "postgresql" if self.database_url().startswith("postgres") else "sqlite"

    def manage(self, *arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, cwd=settings.BASE_DIR, env=self.environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def ask(self, snippet: str, **environment: str) -> Any:
        """What the snippet leaves in `answer`. With an environment of its own it runs in a process of its own."""
        if environment:
            console = self._open(environment)
            try:
                return self._answer(console, snippet)
            finally:
                console.kill()
                console.wait()
        self._console = self._console or self._open({})
        return self._answer(self._console, snippet)

    def _open(self, environment: dict[str, str]) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.faults.console"],
            cwd=settings.BASE_DIR,
            env=self.environment | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def _answer(self, console: subprocess.Popen[str], snippet: str) -> Any:
        assert console.stdin and console.stdout
        console.stdin.write(json.dumps(snippet) + "\n")
        console.stdin.flush()
        reply = json.loads(console.stdout.readline())
        assert "error" not in reply, reply["error"]
        return reply["answer"]

    def until(self, snippet: str, *, patience: float = PATIENCE) -> Any:
        """Ask until the answer is true, and return it."""
        deadline = time.monotonic() + patience
        while not (answer := self.ask(snippet)):
            assert time.monotonic() < deadline, f"never came true: {snippet}\n{self.logs()}"
            time.sleep(0.25)
        return answer

    def logs(self) -> str:
        """The ends of all logs, for a failing test's message."""
        files = [*self.var.glob("worker-*.log"), *self.var.glob("runs/*/log.txt")]
        return "\n".join(f"--- {file}\n{file.read_text()[-1500:]}" for file in files)

    def start_worker(self, *before: str) -> subprocess.Popen[bytes]:
        """A Celery worker of the train queue in its own process group; `before` are words put before its command."""
        log = (self.var / f"worker-{len(self._workers)}.log").open("ab")
        words = [*before, sys.executable, "-m", "celery", "-A", "config", "worker", "-Q", "train", "-c", "1"]
        words += ["-n", f"train-{uuid.uuid4().hex}@localhost", "--loglevel", "WARNING"]
        worker = subprocess.Popen(
            words, cwd=settings.BASE_DIR, env=self.environment, stdout=log, stderr=log, start_new_session=True
        )
        log.close()
        self._workers.append(worker)
        return worker

    def signal(self, worker: subprocess.Popen[bytes], number: signal.Signals) -> None:
        """Send a signal to the worker and all processes of its pool."""
        if worker.poll() is None:
            os.killpg(worker.pid, number)

    def kill(self, worker: subprocess.Popen[bytes]) -> None:
        """SIGKILL the worker and its pool at once: nothing gets to clean up."""
        self.signal(worker, signal.SIGKILL)
        worker.wait()

    def training_pid(self, run: int) -> int:
        return int((self.var / "runs" / f"run-{run:06d}" / "pid").read_text().split()[0])


def _own_database(environment: dict[str, str]) -> tuple[str, str] | None:
    """On PostgreSQL a new database on the configured server; on SQLite the file under ASSAY_VAR."""
    url = environment.pop("DATABASE_URL", "")
    if not url.startswith("postgres"):
        return None
    server, name = url.rsplit("/", 1)[0], f"faults_{uuid.uuid4().hex[:12]}"
    _on_server(url, f'CREATE DATABASE "{name}"')
    environment["DATABASE_URL"] = f"{server}/{name}"
    return url, name


def _on_server(url: str, statement: str) -> None:
    import psycopg2

    connection = psycopg2.connect(f"{url.rsplit('/', 1)[0]}/postgres")
    connection.autocommit = True
    connection.cursor().execute(statement)
    connection.close()
