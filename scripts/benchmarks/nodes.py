"""Two hundred jobs that wait for the network, on one youtube-service and on four."""

from __future__ import annotations

import os
import re
import socket
import statistics
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Self

from bench import Bench
from figures import at_least, quotient, spread
from postgres import Postgres
from processes import Processes
from stack import TARGET, YT_DLP, Client, Standin, read_url, setup

NODES = 4
# A file of 0.8 MB takes about two seconds, a twentieth of which is our work.
KILOBYTES_A_SECOND = 400
MOST_OF_A_BATCH = 50
POLLED_EVERY_SECONDS = 0.1
TARGET_SPEEDUP = 3.5
# What the node with the fewest jobs has of what each would have if all had as many.
TARGET_SHARE = 0.8
COMPLETED = re.compile(r'^jobs_ended_total\{[^}]*outcome="completed"[^}]*\} (\d+)$', re.MULTILINE)


class Installation:
    """Every service as a process of its own, with so many youtube-services, around one PostgreSQL and one store."""

    def __init__(self, standin: Standin, nodes: int) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="magpie-bench-")
        self._root = Path(self._directory.name)
        self.media = self._root / "media"
        self._running: list[subprocess.Popen[str]] = []
        self.postgres = Postgres()
        common = {f"MAGPIE_{name}_BIND": "127.0.0.1:0" for name in ("GATEWAY", "AUTH", "YOUTUBE", "DB")}
        self._environment = os.environ | common | {
            "MAGPIE_DATABASE_URL": self.postgres.url,
            "MAGPIE_STORAGE_URL": f"file://{self.media}",
            "MAGPIE_INTERNAL_SECRET": "one secret for every process",
            "MAGPIE_YT_DLP": str(YT_DLP),
            "MAGPIE_EGRESS_PROXY": standin.proxy,
            "MAGPIE_EGRESS_CA_FILE": standin.ca_file,
            "MAGPIE_LOG": "warn",
            "MAGPIE_RATE_LIMIT_PER_MINUTE": "0",
        }
        try:
            database = self._start("db-service", "db")
            accounts = self._start("auth-service", "auth", MAGPIE_DB_URL=database)
            self._metrics = [f"127.0.0.1:{_free_port()}" for _ in range(nodes)]
            services = [
                self._start("youtube-service", f"node-{number}", MAGPIE_DB_URL=database, MAGPIE_METRICS_BIND=bind)
                for number, bind in enumerate(self._metrics)
            ]
            self.services = [Client(url) for url in services]
            upstreams = {"MAGPIE_DB_URL": database, "MAGPIE_AUTH_URL": accounts, "MAGPIE_YOUTUBE_URL": ",".join(services)}
            self.client = Client(self._start("gateway", "gateway", **upstreams))
            self.client.sign_up()
        except BaseException:
            self.stop()
            raise

    def _start(self, name: str, directory: str, **settings: str) -> str:
        data = {"MAGPIE_DATA_DIR": str(self._root / directory)}
        process = subprocess.Popen([TARGET / name], stdout=subprocess.PIPE, text=True, env=self._environment | data | settings)
        self._running.append(process)
        return read_url(process)

    def warm(self) -> None:
        for service in self.services:
            service.warm()

    def completed_by_node(self) -> list[int]:
        return [_completed(bind) for bind in self._metrics]

    def cpu_seconds(self) -> float:
        """Of everything but PostgreSQL and the stand-in."""
        return sum(Processes(process.pid).cpu_seconds() for process in self._running)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        for process in reversed(self._running):
            process.terminate()
            process.wait()
        self.postgres.stop()
        self._directory.cleanup()


def run(bench: Bench) -> None:
    setup("postgres")
    jobs = bench.sizes.node_jobs
    throughput: dict[int, list[float]] = {1: [], NODES: []}
    shares: list[float] = []
    for _ in range(bench.sizes.node_rounds):
        for nodes, jobs_per_second in throughput.items():
            with Installation(bench.standin, nodes) as installation:
                installation.warm()
                seconds, cpu_seconds = _work_off(installation, jobs)
                counts = installation.completed_by_node()
                _each_once(installation, jobs, counts)
            jobs_per_second.append(jobs / seconds)
            print(f"{nodes} nodes: {seconds:.1f} s, {cpu_seconds / seconds:.2f} cores, jobs by node {counts}", flush=True)
            if nodes == NODES:
                shares.append(min(counts) / statistics.mean(counts))
    speedup = quotient(throughput[NODES], throughput[1])
    print(f"{jobs} jobs on {NODES} nodes: {spread(throughput[NODES], 'jobs/s', 2)}; on one {spread(throughput[1], 'jobs/s', 2)}")
    print(f"  {speedup:.2f} × {at_least(speedup, TARGET_SPEEDUP)}")
    print(f"  fewest on a node over the mean: {spread(shares, '', 2)} {at_least(min(shares), TARGET_SHARE)}")


def _work_off(installation: Installation, jobs: int) -> tuple[float, float]:
    """How long it takes, and what of the processor."""
    links = [f"https://www.youtube.com/watch?v=SLOW_{KILOBYTES_A_SECOND + number:06}" for number in range(MOST_OF_A_BATCH)]
    before, started = installation.cpu_seconds(), time.monotonic()
    sizes = [min(MOST_OF_A_BATCH, jobs - first) for first in range(0, jobs, MOST_OF_A_BATCH)]
    batches = [installation.client.batch(links[:size], quality="360p") for size in sizes]
    for batch in batches:
        ended = installation.client.wait(f"/api/youtube/multi/batch/{batch}", POLLED_EVERY_SECONDS)
        assert ended["completed"] == ended["total"], ended
    return time.monotonic() - started, installation.cpu_seconds() - before


def _each_once(installation: Installation, jobs: int, counts: list[int]) -> None:
    """One attempt and one file for each, by the word of the database, the nodes and the store."""
    told = installation.postgres.ask(
        "SELECT count(*), sum(attempts), count(DISTINCT file_key) FROM downloads WHERE status = 'completed'"
    )
    stored = sum(path.is_file() for path in installation.media.rglob("*.mp4"))
    assert told == f"{jobs}|{jobs}|{jobs}" and sum(counts) == stored == jobs, (told, counts, stored)


def _completed(bind: str) -> int:
    with urllib.request.urlopen(f"http://{bind}/metrics") as answer:
        return sum(int(count) for count in COMPLETED.findall(answer.read().decode()))


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
