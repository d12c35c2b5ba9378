"""Messages between the engine and a Python process: one JSON object a line, over a socket."""

from __future__ import annotations

import json
import socket
import threading
from typing import Any

Message = dict[str, Any]

# Titles and descriptions are written by strangers: none needs more than this.
MAX_TEXT_CHARS = 2000
_MAX_LINE_BYTES = 4 * 1024 * 1024


class Channel:
    """One end of a socket that carries JSON lines."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._buffer = b""
        # Fragments are fetched by threads, and each reports its progress.
        self._sending = threading.Lock()

    def send(self, message: Message) -> None:
        line = json.dumps(message, separators=(",", ":")).encode() + b"\n"
        with self._sending:
            self._sock.sendall(line)

    def receive(self) -> Message | None:
        """The next message, or None once the other end is closed."""
        while b"\n" not in self._buffer:
            chunk = self._sock.recv(65536)
            if not chunk or len(self._buffer) > _MAX_LINE_BYTES:
                return None
            self._buffer += chunk
        line, self._buffer = self._buffer.split(b"\n", 1)
        message: Message = json.loads(line)
        return message


def text(value: object) -> str | None:
    """A string that is fit to be sent: bounded, and without lone surrogates, which no other JSON
    reader takes."""
    if value is None:
        return None
    return str(value)[:MAX_TEXT_CHARS].encode("utf-8", "replace").decode()


def number(value: object) -> float | None:
    """A finite number, or None."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if abs(value) < 1e18 else None


def whole(value: object) -> int | None:
    """A count of something, or None."""
    found = number(value)
    return int(found) if found is not None and found >= 0 else None
