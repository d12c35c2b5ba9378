"""What a process and all below it use: processor time, memory, the disk."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
SAMPLED_EVERY_SECONDS = 0.02


class Processes:
    """A process and its descendants, as they are at each question."""

    def __init__(self, root: int) -> None:
        self._root = root

    def ids(self) -> list[int]:
        children: dict[int, list[int]] = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and (fields := _stat(int(entry.name))):
                children.setdefault(int(fields[1]), []).append(int(entry.name))
        found, queue = [], [self._root]
        while queue:
            pid = queue.pop()
            found.append(pid)
            queue += children.get(pid, [])
        return found

    def cpu_seconds(self) -> float:
        """CPU time of all living processes and of those that they have reaped (proc(5), `stat`, 14 to 17)."""
        ticks = sum(int(field) for pid in self.ids() for field in _stat(pid)[11:15])
        return ticks / CLOCK_TICKS

    def pss_megabytes(self) -> dict[str, float]:
        """Proportional memory by kind of process."""
        sums: dict[str, float] = {}
        for pid in self.ids():
            try:
                name = Path(f"/proc/{pid}/comm").read_text().strip()
                rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
            except OSError:
                continue
            kilobytes = next((int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")), 0)
            sums[name] = sums.get(name, 0) + kilobytes / 1024
        return sums

    def written_bytes(self) -> int:
        """What all living processes have caused to be written to a disk (proc(5), `io`)."""
        total = 0
        for pid in self.ids():
            try:
                counters = Path(f"/proc/{pid}/io").read_text()
            except OSError:
                continue
            total += next(int(line.split()[1]) for line in counters.splitlines() if line.startswith("write_bytes:"))
        return total

    @contextmanager
    def peak_pss_megabytes(self) -> Iterator[list[float]]:
        """Samples the sum of all memory while the body runs; the list's last is then the highest."""
        peak, over = [0.0], threading.Event()

        def sample() -> None:
            while not over.wait(SAMPLED_EVERY_SECONDS):
                peak.append(max(peak[-1], sum(self.pss_megabytes().values())))

        sampler = threading.Thread(target=sample)
        sampler.start()
        try:
            yield peak
        finally:
            over.set()
            sampler.join()


def _stat(pid: int) -> list[str]:
    """The fields of `stat` from the third on; none of a process that is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return []
