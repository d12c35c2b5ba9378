"""Two hundred open sockets while fifty downloads run: what they cost on top of the downloads."""

from __future__ import annotations

import asyncio
import time

from bench import Bench
from figures import at_most, spread
from stack import Magpie

RUNNING = 50
WINDOW_SECONDS = 5.0
# Slow enough that all fifty still run when the last window ends.
KILOBYTES_A_SECOND = 8
TARGET_CORES = 0.10


def run(bench: Bench) -> None:
    sockets = bench.sizes.sockets
    with Magpie(bench.standin, MAGPIE_MAX_CONCURRENT_DOWNLOADS=str(RUNNING)) as magpie:
        magpie.warm()
        urls = [f"https://www.youtube.com/watch?v=SLOW_{KILOBYTES_A_SECOND + n:06}" for n in range(RUNNING)]
        identifier = magpie.batch(urls, quality="360p")
        path = f"/api/youtube/multi/batch/{identifier}"
        while sum(video["downloaded_bytes"] > 0 for video in magpie.call("GET", path)["videos"]) < RUNNING:
            time.sleep(0.2)
        without, watched, heard = [], [], []
        for _ in range(bench.sizes.event_rounds):
            without.append(_cores(magpie))
            cores, count = asyncio.run(_watched(magpie, sockets))
            watched.append(cores)
            heard.append(count / WINDOW_SECONDS / sockets)
        magpie.call("POST", f"{path}/cancel", {})
    added = [more - less for more, less in zip(watched, without, strict=True)]
    print(f"{RUNNING} downloads run: {spread(without, 'cores', 3)}; with {sockets} sockets {spread(watched, 'cores', 3)}")
    print(f"  on top: {spread(added, 'cores', 3)} {at_most(sorted(added)[len(added) // 2], TARGET_CORES)}")
    print(f"  each socket hears {spread(heard, 'events/s')}")


def _cores(magpie: Magpie) -> float:
    before = magpie.processes.cpu_seconds()
    time.sleep(WINDOW_SECONDS)
    return (magpie.processes.cpu_seconds() - before) / WINDOW_SECONDS


async def _watched(magpie: Magpie, sockets: int) -> tuple[float, int]:
    """The cores in use while so many watch, and how many events they hear."""
    host, port = magpie.url.removeprefix("http://").split(":")
    heard = 0

    async def watch() -> None:
        nonlocal heard
        reader, writer = await asyncio.open_connection(host, int(port), limit=1 << 22)
        head = f"GET /api/youtube/events HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: Bearer {magpie.token}\r\n\r\n"
        writer.write(head.encode())
        try:
            while line := await reader.readline():
                heard += line.startswith(b"event: download")
        finally:
            writer.close()

    tasks = [asyncio.create_task(watch()) for _ in range(sockets)]
    await asyncio.sleep(2)
    heard = 0
    before = magpie.processes.cpu_seconds()
    await asyncio.sleep(WINDOW_SECONDS)
    cores = (magpie.processes.cpu_seconds() - before) / WINDOW_SECONDS
    count = heard
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return cores, count
