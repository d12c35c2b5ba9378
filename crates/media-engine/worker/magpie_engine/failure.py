"""What is known of a failure; what it means is decided on the other side."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

from .refusal import Refused
from .wire import Message, text

_MOST_CAUSES = 12


def describe(
    error: BaseException, warnings: list[str], directory: str, refusal: Refused | None = None
) -> Message:
    """The facts: whose decision it was, the classes and numbers of the causes, the words."""
    causes = list(_causes(error))
    refusal = refusal or next((cause for cause in causes if isinstance(cause, Refused)), None)
    return {
        "ev": "failed",
        "reason": refusal.reason if refusal else None,
        "classes": [type(cause).__name__ for cause in causes],
        "message": " | ".join(_distinct(causes)),
        "warnings": [text(warning) for warning in warnings[-10:]],
        "status": _first(causes, "status"),
        "errno": _first(causes, "errno"),
        "free_bytes": _free_bytes(directory),
    }


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An exception, and every one behind it: yt_dlp keeps them in several places."""
    seen: set[int] = set()
    waiting = [error]
    while waiting and len(seen) < _MOST_CAUSES:
        current = waiting.pop(0)
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        wrapped: Any = getattr(current, "exc_info", None)
        inner: Any = getattr(current, "cause", None)
        waiting += [
            wrapped[1] if isinstance(wrapped, tuple) and len(wrapped) == 3 else None,
            inner if isinstance(inner, BaseException) else None,
            current.__cause__,
            current.__context__,
        ]


def _distinct(causes: list[BaseException]) -> list[str]:
    words: list[str] = []
    for cause in causes:
        said = text(cause) or ""
        if said and not any(said in earlier for earlier in words):
            words.append(said)
    return words


def _first(causes: list[BaseException], name: str) -> int | None:
    values = (getattr(cause, name, None) for cause in causes)
    return next((value for value in values if isinstance(value, int)), None)


def _free_bytes(directory: str) -> int | None:
    try:
        return shutil.disk_usage(directory).free
    except OSError:
        return None
