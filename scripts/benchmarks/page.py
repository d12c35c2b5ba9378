"""The web page in a browser: first paint, weight, smoothness among a thousand rows, how far it lags."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

from bench import Bench
from figures import at_most, spread
from stack import Magpie, ordinary, setup

SCRIPT = Path(__file__).with_name("page.mjs")
ROWS_A_BATCH = 50
WATCHED_SECONDS = 15
# Slow enough to run for all of it.
KILOBYTES_A_SECOND = 50


def run(bench: Bench) -> None:
    setup("test")
    with Magpie(bench.standin) as magpie:
        magpie.warm()
        for first in range(0, bench.sizes.rows, ROWS_A_BATCH):
            links = [ordinary(first + n) for n in range(1, ROWS_A_BATCH + 1)]
            for link in links:
                magpie.download(link, quality="360p")
        while magpie.call("GET", "/api/youtube/downloads?limit=1")["totals"]["completed"] < bench.sizes.rows:
            time.sleep(0.2)
        slow = [f"https://www.youtube.com/watch?v=SLOW_{KILOBYTES_A_SECOND + n:06}" for n in range(50)]
        identifier = magpie.batch(slow, quality="360p")
        arguments = [magpie.url, "bench", "correct horse battery", identifier, str(WATCHED_SECONDS)]
        answer = subprocess.run(["node", SCRIPT, *arguments], check=True, capture_output=True, text=True)
        _report(json.loads(answer.stdout), bench.sizes.rows)
        magpie.call("POST", f"/api/youtube/multi/batch/{identifier}/cancel", {})


def _report(found: dict, rows: int) -> None:
    first = found["first"]
    weight = max(visit["script_bytes"] for visit in first) / 1000
    print(f"first screen: paint {spread([visit['paint_ms'] for visit in first], 'ms', 0)}; "
          f"typed into {spread([visit['interactive_ms'] for visit in first], 'ms', 0)}; "
          f"script {weight:.0f} kB compressed {at_most(weight, 150, ' kB')}")
    longest = max(found["tasks"], default=0.0)
    print(f"{rows} finished rows and a batch of 50 running, scrolled and typed for {WATCHED_SECONDS} s: "
          f"{len(found['tasks'])} tasks above 50 ms, the longest {longest:.0f} ms {at_most(longest, 50, ' ms')}, "
          f"{found['processor_ms']:.0f} ms of processor time while traced")
    print(f"shown behind the API by {spread(found['lags'], 'ms', 0)} {at_most(max(found['lags']), 1000, ' ms')}")
    print(f"30 s offline, noticed after {found['noticed_ms']} ms: shown {found['behind']:.0f} % before, {found['stale']:.0f} % at "
          f"the end, where the API says {found['reached']} %; right again "
          f"{found['caught_up_ms']} ms after the return {at_most(found['caught_up_ms'], 2000, ' ms')}")
