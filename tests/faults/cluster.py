"""A PostgreSQL of the test's own, made with initdb in a temporary folder: it can be crashed without harm to any other.

It listens on loopback only. PostgreSQL refuses to run as root; then its programs run as an unprivileged user.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Self

from demo.processes import free_port

USERS = ["postgres", "nobody"]
PATIENCE = 60.0  # seconds that one of its programs may take


class NoCluster(Exception):
    """Why there can be none on this machine."""


class Cluster:
    def __init__(self) -> None:
        self.bin = _programs()
        self.before = _become()
        self.port = free_port()
        self.url = f"postgres://assay@127.0.0.1:{self.port}/postgres"

    def __enter__(self) -> Self:
        self.home = Path(tempfile.mkdtemp(prefix="cluster-"))  # under /tmp, since others may not enter pytest's folders
        if self.before:
            shutil.chown(self.home, self.before[2])
        try:
            self._do(
                "initdb", "--auth", "trust", "--username", "assay", "--encoding", "UTF8", "--no-locale", "--no-sync"
            )
            self.start()
        except NoCluster:
            shutil.rmtree(self.home)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if (self.home / "data" / "postmaster.pid").exists():
            self.crash()
        shutil.rmtree(self.home)

    def start(self) -> None:
        """Returns once it answers."""
        where = f"-p {self.port} -h 127.0.0.1 -k {self.home}"
        self._do("pg_ctl", "start", "--wait", "--log", str(self.home / "log"), "--options", where)

    def crash(self) -> None:
        """Stop at once, without writing anything down: what is in memory only is gone."""
        self._do("pg_ctl", "stop", "--mode", "immediate")

    def _do(self, program: str, *words: str) -> None:
        command = [*self.before, str(self.bin / program), "-D", str(self.home / "data"), *words]
        with (self.home / "said").open("w+") as said:  # a pipe would be held open by the server that is started
            done = subprocess.run(command, cwd=self.home, stdout=said, stderr=said, timeout=PATIENCE)
            said.seek(0)
            if done.returncode:
                raise NoCluster(f"{program} ended with {done.returncode}: {said.read()[-500:]}")


def _programs() -> Path:
    """The folder of initdb and pg_ctl: what PATH or pg_config names, or where Debian keeps them. Raises NoCluster."""
    named = [Path(found).resolve().parent for found in [shutil.which("initdb")] if found]
    if config := shutil.which("pg_config"):
        named.append(Path(subprocess.run([config, "--bindir"], capture_output=True, text=True).stdout.strip()))
    for folder in [*named, *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]:
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    raise NoCluster("initdb and pg_ctl are not on this machine")


def _become() -> list[str]:
    """What to put before a command so that it does not run as root. Raises NoCluster."""
    if os.geteuid() != 0:
        return []
    there = {one.pw_name for one in pwd.getpwall()}
    for user in USERS:
        if user in there and shutil.which("runuser"):
            return ["runuser", "-u", user, "--"]
    raise NoCluster("PostgreSQL does not run as root, and there is no other user to run it as")
