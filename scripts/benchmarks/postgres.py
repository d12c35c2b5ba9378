"""A PostgreSQL server of its own, whose commits wait for the disk."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Self

from stack import setup

PATIENCE_SECONDS = 30


class Postgres:
    """Started on a free port, and thrown away with everything in it."""

    def __init__(self) -> None:
        setup("postgres")
        self._programs = _programs()
        # It refuses root.
        self._account = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
        self._directory = tempfile.mkdtemp(prefix="magpie-bench-postgres-")
        if self._account is not None:
            os.chown(self._directory, self._account.pw_uid, self._account.pw_gid)
        data = f"{self._directory}/data"
        self._run("initdb", "--username", "magpie", "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8", "--pgdata", data)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        settings = [f"port={port}", "listen_addresses=127.0.0.1", "unix_socket_directories=", "shared_buffers=256MB", "max_wal_size=4GB"]
        command = [self._programs / "postgres", "-D", data, *(word for setting in settings for word in ("-c", setting))]
        self._log = Path(self._directory, "log").open("wb")
        self._process = subprocess.Popen(command, stdout=self._log, stderr=self._log, cwd="/", **self._as_account())
        self.url = f"postgres://magpie@127.0.0.1:{port}/postgres"
        self._wait_until_ready()

    def execute(self, *statements: str) -> None:
        for statement in statements:
            self.ask(statement)

    def ask(self, question: str) -> str:
        """A line for each row, its columns between bars."""
        command = [self._programs / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", self.url, "-c", question]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        pid_file = Path(self._directory, "data/postmaster.pid")
        while not (pid_file.exists() and pid_file.read_text().rstrip().endswith("ready")):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError("PostgreSQL did not start")
            time.sleep(0.02)

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run([self._programs / program, *arguments], check=True, stdout=subprocess.DEVNULL, cwd="/", **self._as_account())

    def _as_account(self) -> dict[str, int]:
        return {"user": self._account.pw_uid, "group": self._account.pw_gid} if self._account else {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        # Clients that are still there are not waited for.
        self._process.send_signal(signal.SIGINT)
        self._process.wait()
        self._log.close()
        shutil.rmtree(self._directory, ignore_errors=True)


def _programs() -> Path:
    """The first directory of `PATH` that has them all, or Debian's newest."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    directories = [*map(Path, os.get_exec_path()), *debian]
    needed = ("initdb", "postgres", "psql")
    return next(path for path in directories if all((path / program).is_file() for program in needed))
