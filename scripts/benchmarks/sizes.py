"""How much is done: what counts, or just enough to see that the benchmarks work."""

from __future__ import annotations

from dataclasses import dataclass, replace

MEGABYTE = 1_000_000
MEBIBYTE = 1 << 20


@dataclass(frozen=True)
class Sizes:
    """How often and how much of everything."""

    rounds: int
    # Of one batch, and of the command line beside it.
    batch_rounds: int
    batch_urls: int
    # Of the ZIP, the single file and the archive beyond 4 GiB, the last of holes.
    zip_files: int
    zip_file_bytes: int
    file_bytes: int
    huge_files: int
    huge_file_bytes: int
    # Of which only the first byte is taken.
    first_bytes: int
    queue_rows: tuple[int, ...]
    # Rows, and how often each question is asked among them.
    history_finished: int
    history_waiting: int
    asked: int
    proxy_rounds: int
    proxy_seconds: int
    short_list: int
    long_list: int
    sockets: int
    event_rounds: int
    # Finished rows behind the page.
    rows: int
    # Of the siege, of which a quiet time of so long is the yardstick.
    siege_seconds: float
    slow_connections: int
    bad_tokens: int
    huge_bodies: int
    logins: int
    # Jobs that one node and several have to do.
    node_rounds: int
    node_jobs: int

    def with_rows(self, rows: tuple[int, ...]) -> Sizes:
        return replace(self, queue_rows=rows) if rows else self


FULL = Sizes(
    rounds=11,
    batch_rounds=3,
    batch_urls=50,
    zip_files=20,
    zip_file_bytes=50 * MEGABYTE,
    file_bytes=1_000 * MEGABYTE,
    huge_files=12,
    huge_file_bytes=512 * MEBIBYTE,
    first_bytes=50,
    queue_rows=(1_000, 100_000, 1_000_000),
    history_finished=1_000_000,
    history_waiting=100_000,
    asked=2_000,
    proxy_rounds=5,
    proxy_seconds=5,
    short_list=50,
    long_list=2_000,
    sockets=200,
    event_rounds=3,
    rows=1_000,
    siege_seconds=15,
    slow_connections=2_000,
    bad_tokens=10_000,
    huge_bodies=8,
    logins=200,
    node_rounds=2,
    node_jobs=200,
)
QUICK = Sizes(
    rounds=2,
    batch_rounds=1,
    batch_urls=4,
    zip_files=4,
    zip_file_bytes=5 * MEGABYTE,
    file_bytes=50 * MEGABYTE,
    huge_files=12,
    huge_file_bytes=16 * MEBIBYTE,
    first_bytes=5,
    queue_rows=(1_000,),
    history_finished=10_000,
    history_waiting=1_000,
    asked=100,
    proxy_rounds=1,
    proxy_seconds=1,
    short_list=50,
    long_list=300,
    sockets=10,
    event_rounds=1,
    rows=100,
    siege_seconds=2,
    slow_connections=50,
    bad_tokens=200,
    huge_bodies=4,
    logins=10,
    node_rounds=1,
    node_jobs=12,
)
