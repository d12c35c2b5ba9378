"""Fifty links at once, three at a time, beside the yt-dlp command line with three in parallel."""

from __future__ import annotations

import resource
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from bench import Bench
from figures import at_most, quotient, ratio, spread, timed
from stack import Magpie, Standin, ordinary, yt_dlp, yt_dlp_environment

PARALLEL = 3
# Rare enough to cost little beside the downloads, and counted all the same.
POLLED_EVERY_SECONDS = 0.05
TARGET = 0.15
# Some 0.8 MB as one stream; 1 MB to fetch as picture and sound, which ffmpeg puts together.
KINDS = (("360p, one stream", "360p", "18"), ("480p, merged", "480p", "135+140"))


@dataclass
class Cost:
    """What one contender took, a value for each round."""

    wall_seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    file_bytes: list[int] = field(default_factory=list)


def run(bench: Bench) -> None:
    # Links that nobody asked for before, so that nothing remembered helps.
    numbers = count(10_000)
    urls = bench.sizes.batch_urls
    with Magpie(bench.standin) as magpie:
        magpie.warm()
        for name, quality, selector in KINDS:
            _warm_up(bench.standin, magpie, numbers, quality, selector)
            ours, theirs = Cost(), Cost()
            for _ in range(bench.sizes.batch_rounds):
                links = [ordinary(next(numbers)) for _ in range(urls)]
                _batch(magpie, links, quality, ours)
                _command_line(bench.standin, links, selector, theirs)
            _report(f"{urls} URLs, {name}", ours, theirs)


def _warm_up(standin: Standin, magpie: Magpie, numbers: Iterator[int], quality: str, selector: str) -> None:
    """The stand-in makes its media at the first request; three workers are there from the first batch on."""
    links = [ordinary(next(numbers)) for _ in range(PARALLEL)]
    _batch(magpie, links, quality, Cost())
    _command_line(standin, links, selector, Cost())


def _batch(magpie: Magpie, links: list[str], quality: str, cost: Cost) -> None:
    ended: dict[str, object] = {}

    def fetch() -> None:
        identifier = magpie.batch(links, quality=quality)
        ended.update(magpie.wait(f"/api/youtube/multi/batch/{identifier}", POLLED_EVERY_SECONDS))

    before = magpie.processes.cpu_seconds()
    cost.wall_seconds.append(timed(fetch))
    cost.cpu_seconds.append(magpie.processes.cpu_seconds() - before)
    videos = ended["videos"]
    failed = [video for video in videos if video["status"] != "completed"]
    assert not failed and len(videos) == len(links), failed
    sizes = {video["file_path"]: (magpie.media / video["file_path"]).stat().st_size for video in videos}
    assert all(sizes[video["file_path"]] == video["file_size"] for video in videos), sizes
    _check(list(sizes.values()), links)
    cost.file_bytes += sizes.values()


def _command_line(standin: Standin, links: list[str], selector: str, cost: Cost) -> None:
    with tempfile.TemporaryDirectory(prefix="magpie-bench-") as directory:
        one = yt_dlp(standin, "--format", selector, "--merge-output-format", "mp4", "--paths", directory)
        command = ["xargs", "-P", str(PARALLEL), "-n", "1", *one]

        def fetch() -> None:
            environment = yt_dlp_environment(standin)
            subprocess.run(command, input="\n".join(links), text=True, check=True, env=environment)

        before = _cpu_seconds_of_reaped()
        cost.wall_seconds.append(timed(fetch))
        cost.cpu_seconds.append(_cpu_seconds_of_reaped() - before)
        sizes = [path.stat().st_size for path in Path(directory).iterdir()]
        _check(sizes, links)
        cost.file_bytes += sizes


def _cpu_seconds_of_reaped() -> float:
    """Of all that this process has waited for, with all that those have waited for: Magpie is not among them."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _check(sizes: list[int], links: list[str]) -> None:
    """A file for each link, and none that is cut: all hold the same media."""
    assert len(sizes) == len(links), f"{len(sizes)} files of {len(links)}"
    assert min(sizes) > 0.98 * max(sizes), f"files of {min(sizes)} to {max(sizes)} bytes"


def _report(what: str, ours: Cost, theirs: Cost) -> None:
    size, their_size = (max(cost.file_bytes) / 1e6 for cost in (ours, theirs))
    print(f"{what}: all there, {size:.2f} MB each, of yt-dlp {their_size:.2f} MB")
    rows = (("wall", ours.wall_seconds, theirs.wall_seconds), ("CPU", ours.cpu_seconds, theirs.cpu_seconds))
    for row, mine, yardstick in rows:
        target = at_most(quotient(mine, yardstick), TARGET)
        figures = f"{spread(mine, 's', 2)}; yt-dlp ×{PARALLEL} {spread(yardstick, 's', 2)}"
        print(f"  {row}: {figures}; ratio {ratio(mine, yardstick)} {target}", flush=True)
