"""Magpie and the stand-in for the sites, from release builds, on free ports and a directory of their own."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"
YT_DLP = ROOT / ".engine/bin/yt-dlp"
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


class Standin:
    """The stand-in, whose media is kept between runs."""

    def __init__(self) -> None:
        directory = TARGET / "standin"
        command = [TARGET / "examples/serve", directory]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        lines = [self._process.stdout.readline() for _ in range(2)]
        exports = dict(line.removeprefix("export ").strip().split("=", 1) for line in lines)
        self.proxy, self.ca_file = exports["https_proxy"], exports["SSL_CERT_FILE"]

    def stop(self) -> None:
        self._process.send_signal(signal.SIGINT)
        self._process.wait()


class Magpie:
    """`magpie up`, with one user logged in."""

    def __init__(self, standin: Standin, **settings: str) -> None:
        self.directory = tempfile.TemporaryDirectory(prefix="magpie-bench-")
        environment = os.environ | {
            "MAGPIE_DATA_DIR": self.directory.name,
            "MAGPIE_YT_DLP": str(YT_DLP),
            "MAGPIE_EGRESS_PROXY": standin.proxy,
            "MAGPIE_EGRESS_CA_FILE": standin.ca_file,
            "MAGPIE_LOG": "warn",
            "MAGPIE_RATE_LIMIT_PER_MINUTE": "0",
        }
        binds = {f"MAGPIE_{name}_BIND": "127.0.0.1:0" for name in ("GATEWAY", "AUTH", "YOUTUBE", "DB")}
        command = [TARGET / "magpie", "up"]
        started = time.monotonic()
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env=environment | binds | settings
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().removeprefix("ready ").strip()
        self.seconds_to_ready = time.monotonic() - started
        self._connection = http.client.HTTPConnection(self.url.removeprefix("http://"))
        self.token = self._sign_up()

    def _sign_up(self) -> str:
        account = {"username": "bench", "email": "bench@example.test", "password": "correct horse battery"}
        self.call("POST", "/api/auth/register", account)
        login = {"login": "bench", "password": "correct horse battery"}
        return self.call("POST", "/api/auth/login", login)["token"]

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """One JSON exchange; anything but success ends the benchmark."""
        headers = {"content-type": "application/json"}
        if hasattr(self, "token"):
            headers["authorization"] = f"Bearer {self.token}"
        self._connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        response = self._connection.getresponse()
        text = response.read()
        if response.status >= 400:
            raise RuntimeError(f"{method} {path}: {response.status} {text.decode()}")
        return json.loads(text)

    def download(self, url: str, **options: str) -> str:
        return self.call("POST", "/api/youtube/single/download", {"url": url, **options})["download_id"]

    def wait(self, path: str) -> dict[str, Any]:
        """Polls until what is at `path` has ended."""
        while True:
            state = self.call("GET", path)
            if state["status"] in ("completed", "failed", "cancelled"):
                return state
            time.sleep(0.005)

    def warm(self) -> None:
        """Waits until the engine is warm."""
        while self.call("GET", "/api/youtube/health")["engine"]["js_runtime"] is None:
            time.sleep(0.05)

    def processes(self) -> list[int]:
        """Magpie's own process and all below it."""
        children: dict[int, list[int]] = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
                except OSError:
                    continue
                children.setdefault(int(fields[1]), []).append(int(entry.name))
        found, queue = [], [self._process.pid]
        while queue:
            pid = queue.pop()
            found.append(pid)
            queue += children.get(pid, [])
        return found

    def cpu_seconds(self) -> float:
        """CPU time of all living processes and of those that they have reaped."""
        total = 0
        for pid in self.processes():
            try:
                fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            total += sum(int(field) for field in fields[11:15])
        return total / CLOCK_TICKS

    def pss_megabytes(self) -> dict[str, float]:
        """Proportional memory by kind of process."""
        sums: dict[str, float] = {}
        for pid in self.processes():
            try:
                name = Path(f"/proc/{pid}/comm").read_text().strip()
                rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
            except OSError:
                continue
            kilobytes = next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
            sums[name] = sums.get(name, 0) + kilobytes / 1024
        return sums

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()
        self.directory.cleanup()


def yt_dlp(standin: Standin, *arguments: str) -> list[str]:
    """A command line of the unmodified yt-dlp against the stand-in."""
    return [
        str(YT_DLP), "--ignore-config", "--proxy", standin.proxy, "--compat-options", "no-certifi",
        "--quiet", "--no-warnings", *arguments,
    ]


def yt_dlp_environment(standin: Standin) -> dict[str, str]:
    return os.environ | {"SSL_CERT_FILE": standin.ca_file}


def ordinary(number: int) -> str:
    return f"https://www.youtube.com/watch?v=OKAY_{number:06}"
