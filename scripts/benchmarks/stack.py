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
from typing import Any, Self

from processes import Processes

ROOT = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"
YT_DLP = ROOT / ".engine/bin/yt-dlp"


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


class Client:
    """Whoever asks at an address, with the credential of a user once it has signed up."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._connection = http.client.HTTPConnection(url.removeprefix("http://"))

    def sign_up(self) -> None:
        account = {"username": "bench", "email": "bench@example.test", "password": "correct horse battery"}
        self.call("POST", "/api/auth/register", account)
        login = {"login": "bench", "password": "correct horse battery"}
        self.token: str = self.call("POST", "/api/auth/login", login)["token"]

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

    @property
    def curl_options(self) -> tuple[str, str]:
        return ("--header", f"Authorization: Bearer {self.token}")

    def download(self, url: str, **options: str) -> str:
        return self.call("POST", "/api/youtube/single/download", {"url": url, **options})["download_id"]

    def batch(self, urls: list[str], **options: str) -> str:
        return self.call("POST", "/api/youtube/multi/batch", {"urls": urls, **options})["batch_id"]

    def wait(self, path: str, every_seconds: float = 0.005) -> dict[str, Any]:
        """Polls until what is at `path` has ended."""
        while True:
            state = self.call("GET", path)
            if state["status"] in ("completed", "failed", "cancelled"):
                return state
            time.sleep(every_seconds)

    def warm(self) -> None:
        """Waits until the engine is warm."""
        while self.call("GET", "/api/youtube/health")["engine"]["js_runtime"] is None:
            time.sleep(0.05)

    def close(self) -> None:
        self._connection.close()


class Magpie(Client):
    """`magpie up`, with one user logged in."""

    def __init__(self, standin: Standin, **settings: str) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="magpie-bench-")
        self.data = Path(self._directory.name)
        self.media = self.data / "media"
        binds = {f"MAGPIE_{name}_BIND": "127.0.0.1:0" for name in ("GATEWAY", "AUTH", "YOUTUBE", "DB")}
        own = {
            "MAGPIE_DATA_DIR": str(self.data),
            "MAGPIE_YT_DLP": str(YT_DLP),
            "MAGPIE_EGRESS_PROXY": standin.proxy,
            "MAGPIE_EGRESS_CA_FILE": standin.ca_file,
            "MAGPIE_LOG": "warn",
            "MAGPIE_RATE_LIMIT_PER_MINUTE": "0",
        }
        self._environment = os.environ | own | binds | settings
        try:
            self.start()
            self.sign_up()
        except BaseException:
            self.stop()
            raise

    def start(self) -> None:
        """Starts it, for the first time or on what it has."""
        started = time.monotonic()
        command = [TARGET / "magpie", "up"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=self._environment)
        super().__init__(read_url(self._process))
        self.seconds_to_ready = time.monotonic() - started
        self.processes = Processes(self._process.pid)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def halt(self) -> None:
        """Ends it, and keeps what it has."""
        self.close()
        self._process.terminate()
        self._process.wait()

    def stop(self) -> None:
        self.halt()
        self._directory.cleanup()


def read_url(process: subprocess.Popen[str]) -> str:
    """Where a process says that it is ready."""
    assert process.stdout is not None
    url = process.stdout.readline().removeprefix("ready ").strip()
    if not url:
        raise RuntimeError(f"a process did not start: exit code {process.wait()}")
    return url


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


def setup(purpose: str) -> None:
    """Installs what a single benchmark needs, if it is missing."""
    subprocess.run([ROOT / "scripts/setup", purpose], check=True)
