"""curl, and what it took."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Fetched:
    size_bytes: int
    seconds: float
    cpu_seconds: float

    @property
    def megabytes_per_second(self) -> float:
        return self.size_bytes / 1e6 / self.seconds


def fetch(url: str, *options: str, into: Path = Path("/dev/null")) -> Fetched:
    """The whole of it."""
    told = "%{size_download} %{time_total}"
    command = ["curl", "--silent", "--show-error", "--fail", "--output", str(into), "--write-out", told, *options, url]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    size, seconds = process.stdout.read().split() or ("0", "0")
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"curl {url}: exit code {process.returncode}")
    return Fetched(int(size), float(seconds), usage.ru_utime + usage.ru_stime)


def first_byte_seconds(url: str, *options: str) -> float:
    """From the start to the first byte of the answer, on a connection of its own; the rest is not wanted."""
    told = "%{stderr}%{http_code} %{time_starttransfer}"
    command = ["curl", "--silent", "--no-buffer", "--write-out", told, *options, url]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None and process.stderr is not None
    process.stdout.read(1)
    process.stdout.close()
    status, seconds = process.stderr.read().split()
    process.wait()
    if status != b"200":
        raise RuntimeError(f"curl {url}: {status.decode()}")
    return float(seconds)
