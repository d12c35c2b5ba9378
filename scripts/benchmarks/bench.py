"""What the benchmarks share."""

from __future__ import annotations

from sizes import Sizes
from stack import Standin


class Bench:
    """How much to measure, and the stand-in for the sites, started when someone asks for it."""

    def __init__(self, sizes: Sizes) -> None:
        self.sizes = sizes
        self._standin: Standin | None = None

    @property
    def standin(self) -> Standin:
        if self._standin is None:
            self._standin = Standin()
        return self._standin

    def stop(self) -> None:
        if self._standin is not None:
            self._standin.stop()
