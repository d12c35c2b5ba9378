"""The first page of a long playlist beside that of a short one, and the memory that a long one takes."""

from __future__ import annotations

import time
from typing import Any

from bench import Bench
from figures import at_most, quotient, ratio, shown, timed
from sizes import Sizes
from stack import Magpie, ordinary

FIRST_PAGE = 50
TARGET = 2.0
POLLED_EVERY_SECONDS = 0.05
PATIENCE_SECONDS = 300
WORKERS = 3


def run(bench: Bench) -> None:
    sizes = bench.sizes
    with Magpie(bench.standin, MAGPIE_MAX_PLAYLIST_ITEMS=str(sizes.long_list)) as magpie:
        magpie.warm()
        _first_page(magpie, sizes)
        _expansion(magpie, sizes)


def _first_page(magpie: Magpie, sizes: Sizes) -> None:
    """Every list is asked for once: one of 50 entries, one of 49, and so on."""
    _ask(magpie, sizes.short_list + 100)
    short, long = [], []
    for number in range(sizes.rounds):
        short.append(timed(lambda: _ask(magpie, sizes.short_list - number)))
        long.append(timed(lambda: _ask(magpie, sizes.long_list - number)))
    target = at_most(quotient(long, short), TARGET)
    lengths = f"first page of {sizes.long_list} entries: {shown(long)}; of {sizes.short_list} {shown(short)}"
    print(f"{lengths}; ratio {ratio(long, short)} {target}", flush=True)


def _ask(magpie: Magpie, entries: int) -> None:
    page = magpie.call("POST", "/api/youtube/playlist/info", {"url": _url(entries), "limit": FIRST_PAGE})
    assert page["video_count"] == entries, page
    assert len(page["videos"]) == min(entries, FIRST_PAGE), len(page["videos"])


def _expansion(magpie: Magpie, sizes: Sizes) -> None:
    """Two lists in turn: what is kept of the first is a reserve, what the second adds to it would be a leak."""
    # Beforehand as many workers run as will then.
    identifier = magpie.batch([ordinary(30_000 + number) for number in range(WORKERS)], quality="360p")
    magpie.wait(f"/api/youtube/multi/batch/{identifier}")
    memory = [f"before {_parts(magpie.processes.pss_megabytes())}"]
    # Lists that nobody asked for yet: nothing of them is known.
    for entries in (sizes.long_list - sizes.rounds, sizes.long_list - sizes.rounds - 1):
        with magpie.processes.peak_pss_megabytes() as peak:
            _expand_and_cancel(magpie, entries)
        memory += [f"at its peak {peak[-1]:.0f}", f"after {_parts(magpie.processes.pss_megabytes())}"]
    print(f"memory (PSS, MB): {'; '.join(memory)}", flush=True)


def _expand_and_cancel(magpie: Magpie, entries: int) -> None:
    known, started = _downloads(magpie), time.monotonic()
    accepted = magpie.call("POST", "/api/youtube/playlist/download", {"url": _url(entries), "quality": "360p"})
    accepted_after, identifier = time.monotonic() - started, accepted["playlist_id"]
    _wait_for_downloads(magpie, known + entries)
    expanded_after = time.monotonic() - started
    cancelled_after = timed(lambda: magpie.call("POST", f"/api/youtube/playlist/cancel/{identifier}"))
    state: dict[str, Any] = {}
    asked_for = timed(lambda: state.update(magpie.wait(f"/api/youtube/playlist/status/{identifier}")))
    counted = state["completed"] + state["failed"] + state["cancelled"]
    assert (state["status"], state["total_videos"], counted) == ("cancelled", entries, entries), state["status"]
    print(
        f"playlist of {entries}: accepted (202) after {1000 * accepted_after:.1f} ms, "
        f"expanded after {expanded_after:.2f} s, cancelled in {1000 * cancelled_after:.0f} ms "
        f"with {state['completed']} downloaded and {state['failed']} failed, "
        f"its whole state in {1000 * asked_for:.0f} ms",
        flush=True,
    )


def _downloads(magpie: Magpie) -> int:
    """How many there are, whatever became of them; the playlist's own state would name every one."""
    return sum(magpie.call("GET", "/api/youtube/downloads?limit=1")["totals"].values())


def _wait_for_downloads(magpie: Magpie, wanted: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while _downloads(magpie) < wanted:
        if time.monotonic() > deadline:
            raise RuntimeError("the playlist was not expanded in time")
        time.sleep(POLLED_EVERY_SECONDS)


def _parts(memory: dict[str, float]) -> str:
    parts = ", ".join(f"{name} {megabytes:.0f}" for name, megabytes in sorted(memory.items()))
    return f"{sum(memory.values()):.0f} ({parts})"


def _url(entries: int) -> str:
    return f"https://www.youtube.com/playlist?list=PLstandin_of_{entries:05}"
