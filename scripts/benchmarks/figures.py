"""Medians with their spread, beside a target."""

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
    return spread([1000 * value for value in seconds], "ms")


def spread(values: list[float], unit: str, digits: int = 1) -> str:
    """The median and the range."""
    median, low, high = (f"{value:.{digits}f}" for value in (statistics.median(values), min(values), max(values)))
    return f"{median} {unit} [{low}..{high}], n={len(values)}"


def ratio(ours: list[float], yardstick: list[float]) -> str:
    return f"{quotient(ours, yardstick):.3f}"


def quotient(ours: list[float], yardstick: list[float]) -> float:
    """Ours over the yardstick's; what came out as nothing was too short to be counted."""
    divisor = statistics.median(yardstick)
    return statistics.median(ours) / divisor if divisor else float("nan")


def at_most(value: float, limit: float, unit: str = "") -> str:
    return _judged(f"≤ {limit:g}{unit}", value <= limit)


def at_least(value: float, limit: float, unit: str = "") -> str:
    return _judged(f"≥ {limit:g}{unit}", value >= limit)


def _judged(target: str, is_met: bool) -> str:
    return f"(target {target}: {'met' if is_met else 'missed'})"
