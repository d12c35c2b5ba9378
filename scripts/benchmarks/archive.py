"""A ZIP and a large file through the gateway, beside nginx and beside a ZIP that is written first."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from bench import Bench
from curl import Fetched, fetch, first_byte_seconds
from figures import at_least, at_most, quotient, ratio, shown, spread, timed
from nginx import Nginx
from processes import Processes
from sizes import Sizes
from stack import ROOT, TARGET, Magpie, ordinary
from stock import Content, exchange

FIRST_BYTE_MS = 5
ZIP_SPEED = 0.95
FILE_SPEED = 1.2
FILE_CPU = 1.0
# The ZIP once as it is exchanged, once as nginx serves it, once as the `zip` crate writes it; and the file.
COPIES_ON_DISK = 3
SMALL_ZIP_FILES = 3
SMALL_ZIP_FETCHES = 50


@dataclass(frozen=True)
class Subjects:
    """What is delivered, by its path at the gateway."""

    zip: str
    huge_zip: str
    small_zip: str
    file: str
    zip_inputs: list[Path]
    file_on_disk: Path


@dataclass
class Deliveries:
    """What one server took to deliver something, a value for each round."""

    megabytes_per_second: list[float] = field(default_factory=list)
    # Of both ends: a server that is cheap by making its client work is not.
    cpu_seconds_per_gigabyte: list[float] = field(default_factory=list)

    def measure(self, processes: Processes, url: str, *options: str) -> Fetched:
        before = processes.cpu_seconds()
        fetched = fetch(url, *options)
        cpu_seconds = processes.cpu_seconds() - before + fetched.cpu_seconds
        self.megabytes_per_second.append(fetched.megabytes_per_second)
        self.cpu_seconds_per_gigabyte.append(1e9 * cpu_seconds / fetched.size_bytes)
        return fetched


def run(bench: Bench) -> None:
    sizes = bench.sizes
    _check_room(sizes)
    with Magpie(bench.standin) as magpie, tempfile.TemporaryDirectory(prefix="magpie-bench-zip-") as directory:
        magpie.warm()
        subjects = _subjects(magpie, sizes)
        whole = Path(directory, "whole.zip")
        _fetch_and_check(magpie, subjects, whole, sizes)
        with Nginx({"zip": whole, "file": subjects.file_on_disk}) as nginx:
            _first_bytes(magpie, nginx, subjects, sizes)
            _written_first(nginx, subjects, Path(directory), sizes)
            _throughput(magpie, nginx, subjects, sizes)
        _memory(magpie, subjects, sizes)


def _check_room(sizes: Sizes) -> None:
    wanted = COPIES_ON_DISK * sizes.zip_files * sizes.zip_file_bytes + sizes.file_bytes
    free = shutil.disk_usage(tempfile.gettempdir()).free
    if free < 1.2 * wanted:
        room = f"{free / 1e9:.1f} GB left, and {1.2 * wanted / 1e9:.1f} are needed"
        raise RuntimeError(f"{tempfile.gettempdir()} has {room}")


def _subjects(magpie: Magpie, sizes: Sizes) -> Subjects:
    ordinary_zip, huge = _downloaded(magpie, 20_000, sizes.zip_files), _downloaded(magpie, 20_200, sizes.huge_files)
    small, single = _downloaded(magpie, 20_400, SMALL_ZIP_FILES), _downloaded(magpie, 20_600, 1)
    wanted = [(video, Content(sizes.zip_file_bytes)) for video in ordinary_zip["videos"]]
    wanted += [(video, Content(sizes.huge_file_bytes, is_sparse=True)) for video in huge["videos"]]
    file = single["videos"][0]
    exchange(magpie, [*wanted, (file, Content(sizes.file_bytes))])
    return Subjects(
        zip=ordinary_zip["zip_url"],
        huge_zip=huge["zip_url"],
        small_zip=small["zip_url"],
        file=file["file_url"],
        zip_inputs=[magpie.media / video["file_path"] for video in ordinary_zip["videos"]],
        file_on_disk=magpie.media / file["file_path"],
    )


def _downloaded(magpie: Magpie, first: int, count: int) -> dict[str, Any]:
    identifier = magpie.batch([ordinary(first + number) for number in range(count)], quality="360p")
    state = magpie.wait(f"/api/youtube/multi/batch/{identifier}", 0.05)
    assert state["completed"] == count, state
    return state


def _fetch_and_check(magpie: Magpie, subjects: Subjects, whole: Path, sizes: Sizes) -> None:
    """Warms the page cache, and makes the file of the same bytes that nginx serves."""
    fetch(magpie.url + subjects.zip, *magpie.curl_options, into=whole)
    with zipfile.ZipFile(whole) as archive:
        assert archive.testzip() is None
        assert [entry.file_size for entry in archive.infolist()] == [sizes.zip_file_bytes] * sizes.zip_files
    os.sync()


def _first_bytes(magpie: Magpie, nginx: Nginx, subjects: Subjects, sizes: Sizes) -> None:
    rows = (
        (f"ZIP of {_of(sizes.zip_files, sizes.zip_file_bytes)}", subjects.zip, "zip"),
        (f"ZIP of {_of(sizes.huge_files, sizes.huge_file_bytes)}, sparse", subjects.huge_zip, "zip"),
        (f"file of {sizes.file_bytes / 1e6:.0f} MB", subjects.file, "file"),
    )
    for name, path, yardstick in rows:
        ours, theirs = [], []
        for _ in range(sizes.first_bytes):
            ours.append(first_byte_seconds(magpie.url + path, *magpie.curl_options))
            theirs.append(first_byte_seconds(f"{nginx.url}/{yardstick}"))
        target = at_most(1000 * median(ours), FIRST_BYTE_MS, " ms")
        what = "the same bytes as one file" if yardstick == "zip" and path == subjects.zip else f"its /{yardstick}"
        print(f"first byte, {name}: {shown(ours)} {target}; nginx, {what} {shown(theirs)}", flush=True)


def _written_first(nginx: Nginx, subjects: Subjects, directory: Path, sizes: Sizes) -> None:
    """The `zip` crate to a file: nobody gets a byte before it is there."""
    build = ["cargo", "build", "--quiet", "--release", "--locked", "--package", "media-store"]
    subprocess.run([*build, "--example", "zip_to_file"], cwd=ROOT, check=True)
    seconds = []
    for number in range(min(3, sizes.rounds)):
        archive = directory / f"written-{number}.zip"
        command = [TARGET / "examples/zip_to_file", archive, *subjects.zip_inputs]
        written = timed(lambda: subprocess.run(command, check=True))
        seconds.append(written + first_byte_seconds(f"{nginx.url}/zip"))
        size = archive.stat().st_size
        archive.unlink()
    os.sync()
    print(f"first byte, the `zip` crate to a file and nginx then: {shown(seconds)}; {size / 1e6:.0f} MB written")


def _throughput(magpie: Magpie, nginx: Nginx, subjects: Subjects, sizes: Sizes) -> None:
    rows = (
        (f"ZIP of {_of(sizes.zip_files, sizes.zip_file_bytes)}", subjects.zip, "zip", ZIP_SPEED, None),
        (f"file of {sizes.file_bytes / 1e6:.0f} MB", subjects.file, "file", FILE_SPEED, FILE_CPU),
    )
    for name, path, yardstick, speed, cpu in rows:
        ours, theirs = Deliveries(), Deliveries()
        written = magpie.processes.written_bytes()
        for _ in range(sizes.rounds):
            mine = ours.measure(magpie.processes, magpie.url + path, *magpie.curl_options)
            other = theirs.measure(nginx.processes, f"{nginx.url}/{yardstick}")
            assert mine.size_bytes == other.size_bytes, (mine, other)
        written = magpie.processes.written_bytes() - written
        _report(name, ours, theirs, speed, cpu)
        print(f"  written to disk meanwhile: {written} bytes {at_most(written, 0)}", flush=True)


def _report(name: str, ours: Deliveries, theirs: Deliveries, speed: float, cpu: float | None) -> None:
    mine, yardstick = ours.megabytes_per_second, theirs.megabytes_per_second
    target = at_least(quotient(mine, yardstick), speed)
    figures = f"{spread(mine, 'MB/s', 0)}; nginx {spread(yardstick, 'MB/s', 0)}"
    print(f"{name}: {figures}; ratio {ratio(mine, yardstick)} {target}")
    mine, yardstick = ours.cpu_seconds_per_gigabyte, theirs.cpu_seconds_per_gigabyte
    target = at_most(quotient(mine, yardstick), cpu) if cpu else ""
    figures = f"{spread(mine, 's/GB', 2)}; nginx {spread(yardstick, 's/GB', 2)}"
    print(f"  CPU, server and client: {figures}; ratio {ratio(mine, yardstick)} {target}".rstrip(), flush=True)


def _memory(magpie: Magpie, subjects: Subjects, sizes: Sizes) -> None:
    with magpie.processes.peak_pss_megabytes() as small:
        for _ in range(SMALL_ZIP_FETCHES):
            fetch(magpie.url + subjects.small_zip, *magpie.curl_options)
    with magpie.processes.peak_pss_megabytes() as huge:
        fetched = fetch(magpie.url + subjects.huge_zip, *magpie.curl_options)
    assert fetched.size_bytes > sizes.huge_files * sizes.huge_file_bytes, fetched
    print(
        "memory while a ZIP is sent (peak PSS, all processes): "
        f"{huge[-1]:.1f} MB for {fetched.size_bytes / 1e9:.2f} GB, {small[-1]:.1f} MB for a small one; "
        f"ratio {huge[-1] / small[-1]:.3f}; {len(huge)} samples"
    )


def _of(count: int, size_bytes: int) -> str:
    size = f"{size_bytes >> 20} MiB" if size_bytes % (1 << 20) == 0 else f"{size_bytes / 1e6:.0f} MB"
    return f"{count} × {size}"
