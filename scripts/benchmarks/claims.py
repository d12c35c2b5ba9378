"""Jobs claimed and finished a second, by how many wait, on both databases."""

from __future__ import annotations

import subprocess

from bench import Bench
from figures import at_least, at_most
from stack import ROOT, setup

# With every commit on the disk; and how much slower a claim may be with the most rows than with the fewest.
JOBS_PER_SECOND = {"sqlite": 2_000, "postgres": 2_500}
GROWTH = 1.5


def run(bench: Bench) -> None:
    setup("postgres")
    rows = [str(count) for count in bench.sizes.queue_rows]
    command = ["cargo", "bench", "--quiet", "--locked", "--package", "db-service", "--bench", "queue", "--", *rows]
    bench_run = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert bench_run.stdout is not None
    table = []
    for line in bench_run.stdout:
        print(line, end="", flush=True)
        table.append(line.split())
    if bench_run.wait():
        raise RuntimeError(f"cargo bench: exit code {bench_run.returncode}")
    _judge([row for row in table if row and row[0] in JOBS_PER_SECOND])


def _judge(table: list[list[str]]) -> None:
    """The best number of threads against the target, and the growth of the median claim."""
    for database, target in JOBS_PER_SECOND.items():
        rows = [row for row in table if row[0] == database]
        counts = sorted({int(row[1]) for row in rows})
        best = {count: max(float(row[3]) for row in rows if int(row[1]) == count) for count in counts}
        claims = {count: [float(row[4]) for row in rows if int(row[1]) == count] for count in counts}
        for count in counts:
            print(f"{database}, {count} waiting: at best {best[count]:.0f} jobs/s {at_least(best[count], target)}")
        if len(counts) > 1 and min(claims[counts[0]]) > 0:
            growth = max(most / fewest for most, fewest in zip(claims[counts[-1]], claims[counts[0]]))
            print(f"{database}: median claim, most rows over fewest {growth:.2f} {at_most(growth, GROWTH)}")
