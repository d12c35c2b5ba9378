"""How long one person waits: info, and from asking to the file being ready."""

from __future__ import annotations

import subprocess
import tempfile
from statistics import median

from bench import Bench
from figures import at_most, quotient, ratio, shown, timed
from stack import Magpie, Standin, ordinary, yt_dlp, yt_dlp_environment


def run(bench: Bench) -> None:
    standin, rounds = bench.standin, bench.sizes.rounds
    with Magpie(standin) as magpie:
        magpie.warm()
        print(f"time to ready: {magpie.seconds_to_ready:.2f} s")
        _info(standin, magpie, rounds)
        _add_to_ready(standin, magpie, rounds)
        _accepted(magpie, rounds)
        memory = magpie.processes.pss_megabytes()
        parts = ", ".join(f"{name} {megabytes:.0f}" for name, megabytes in memory.items())
        print(f"memory after all that (PSS, MB): {sum(memory.values()):.0f} ({parts})")


def _info(standin: Standin, magpie: Magpie, rounds: int) -> None:
    warm, cold = [], []
    for number in range(1000, 1000 + rounds):
        url = ordinary(number)
        warm.append(timed(lambda: magpie.call("POST", "/api/youtube/single/info", {"url": url})))
        command = yt_dlp(standin, "--dump-single-json", url)
        cold.append(timed(lambda: _silent(command, standin)))
    target = at_most(quotient(warm, cold), 0.25)
    print(f"info: {shown(warm)}; yt-dlp -J {shown(cold)}; ratio {ratio(warm, cold)} {target}")


def _add_to_ready(standin: Standin, magpie: Magpie, rounds: int) -> None:
    for quality, selector in (("360p", "18"), ("720p", "136+140")):
        ours, theirs = [], []
        for number in range(2000, 2000 + rounds):
            url = ordinary(number if quality == "360p" else number + 500)

            def fetch() -> None:
                identifier = magpie.download(url, quality=quality)
                state = magpie.wait(f"/api/youtube/single/status/{identifier}")
                assert state["status"] == "completed", state

            ours.append(timed(fetch))
            with tempfile.TemporaryDirectory() as directory:
                command = yt_dlp(standin, "--format", selector, "--paths", directory, url)
                theirs.append(timed(lambda: _silent(command, standin)))
        print(f"add to ready, {quality}: {shown(ours)}; yt-dlp {shown(theirs)}; ratio {ratio(ours, theirs)}")


def _accepted(magpie: Magpie, rounds: int) -> None:
    seconds = [timed(lambda: magpie.download(ordinary(3000 + n), quality="360p")) for n in range(rounds)]
    target = at_most(1000 * median(seconds), 5, " ms")
    print(f"download accepted (202), with others running: {shown(seconds)} {target}")


def _silent(command: list[str], standin: Standin) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=yt_dlp_environment(standin))
