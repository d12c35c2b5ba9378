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
# Its whole state is the answer, so it is not asked for often.
POLLED_EVERY_SECONDS = 0.1
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
    # Beforehand as many workers run as will then.
    magpie.wait(f"/api/youtube/multi/batch/{magpie.batch([ordinary(30_000 + n) for n in range(WORKERS)], quality='360p')}")
    before = magpie.processes.pss_megabytes()
    # A list that nobody asked for yet: nothing of it is known.
    entries = sizes.long_list - sizes.rounds
    started = time.monotonic()
    with magpie.processes.peak_pss_megabytes() as peak:
        accepted = magpie.call("POST", "/api/youtube/playlist/download", {"url": _url(entries), "quality": "360p"})
        accepted_after, identifier = time.monotonic() - started, accepted["playlist_id"]
        expanded = _until_expanded(magpie, identifier)
        expanded_after = time.monotonic() - started
        cancelling = timed(lambda: magpie.call("POST", f"/api/youtube/playlist/cancel/{identifier}"))
        ended = magpie.wait(f"/api/youtube/playlist/status/{identifier}", POLLED_EVERY_SECONDS)
    assert expanded["total_videos"] == entries, expanded["total_videos"]
    counted = ended["completed"] + ended["failed"] + ended["cancelled"]
    assert (ended["status"], counted) == ("cancelled", entries), (ended["status"], counted)
    asking = timed(lambda: magpie.call("GET", f"/api/youtube/playlist/status/{identifier}"))
    print(
        f"playlist of {entries}: accepted (202) after {1000 * accepted_after:.1f} ms, expanded after {expanded_after:.2f} s "
        f"with {ended['completed']} downloaded, cancelled in {1000 * cancelling:.0f} ms, its status in {1000 * asking:.0f} ms"
    )
    print(f"memory (PSS, MB): before {_parts(before)}; at its peak {peak[-1]:.0f}; after {_parts(magpie.processes.pss_megabytes())}")


def _until_expanded(magpie: Magpie, identifier: str) -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        state = magpie.call("GET", f"/api/youtube/playlist/status/{identifier}")
        if state["total_videos"] is not None or state["status"] in ("failed", "cancelled"):
            return state
        time.sleep(POLLED_EVERY_SECONDS)
    raise RuntimeError("the playlist was not expanded in time")


def _parts(memory: dict[str, float]) -> str:
    parts = ", ".join(f"{name} {megabytes:.0f}" for name, megabytes in sorted(memory.items()))
    return f"{sum(memory.values()):.0f} ({parts})"


def _url(entries: int) -> str:
    return f"https://www.youtube.com/playlist?list=PLstandin_of_{entries:05}"
