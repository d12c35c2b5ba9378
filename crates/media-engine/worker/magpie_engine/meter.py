"""How many bytes have come, over all streams of a download, and how many will."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .refusal import Refused
from .wire import Message, number, whole

_REPORT_SECONDS = 0.25


@dataclass
class Stream:
    """One stream's bytes: come, and expected."""

    done: int = 0
    expected: int | None = None
    finished: bool = False


class Meter:
    """Sums up yt_dlp's progress hooks, which speak of one stream at a time."""

    def __init__(
        self,
        limit_bytes: int,
        report: Callable[[Message], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit = limit_bytes
        self._report = report
        self._clock = clock
        self._lock = threading.Lock()
        self._streams: dict[str, Stream] = {}
        self._last_report = float("-inf")

    def plan(self, expected: dict[str, int | None]) -> None:
        """The streams that will be fetched, with their sizes where the site names them."""
        with self._lock:
            for name, size in expected.items():
                self._streams.setdefault(name, Stream()).expected = size

    def hook(self, event: dict[str, Any]) -> None:
        """A progress hook of yt_dlp.

        Raises Refused once more has come than a file may hold, whatever the site had claimed."""
        name = str(event.get("info_dict", {}).get("format_id"))
        with self._lock:
            stream = self._streams.setdefault(name, Stream())
            self._update(stream, event)
            done = sum(each.done for each in self._streams.values())
            finished = event.get("status") == "finished"
            now = self._clock()
            due = finished or now - self._last_report >= _REPORT_SECONDS
            if due:
                self._last_report = now
            message = self._message(event, done) if due else None
        if done > self._limit:
            raise Refused("too_large", f"{done} bytes have come, {self._limit} are allowed")
        if message:
            self._report(message)

    def _update(self, stream: Stream, event: dict[str, Any]) -> None:
        total = whole(event.get("total_bytes")) or whole(event.get("total_bytes_estimate"))
        if total:
            stream.expected = total
        stream.done = whole(event.get("downloaded_bytes")) or stream.done
        if event.get("status") == "finished":
            stream.finished = True
            stream.done = total or stream.done
            stream.expected = stream.done

    def _message(self, event: dict[str, Any], done: int) -> Message:
        sizes = [stream.expected for stream in self._streams.values()]
        known = [size for size in sizes if size]
        return {
            "ev": "bytes",
            "done": done,
            "total": max(done, sum(known)) if len(known) == len(sizes) else None,
            "speed": number(event.get("speed")),
        }

    def all_finished(self) -> bool:
        """Whether every stream has come, so that what runs now is processing."""
        with self._lock:
            return bool(self._streams) and all(each.finished for each in self._streams.values())
