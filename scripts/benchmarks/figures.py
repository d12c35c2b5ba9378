"""Medians with their spread."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable


def timed(action: Callable[[], object]) -> float:
    started = time.monotonic()
    action()
    return time.monotonic() - started


def shown(seconds: list[float]) -> str:
    """The median and the range, in milliseconds."""
    median, low, high = (f"{1000 * value:.1f}" for value in (statistics.median(seconds), min(seconds), max(seconds)))
    return f"{median} ms [{low}..{high}], n={len(seconds)}"


def ratio(ours: list[float], yardstick: list[float]) -> str:
    return f"{statistics.median(ours) / statistics.median(yardstick):.3f}"
