"""Fetches one picture."""

from __future__ import annotations

import os

from yt_dlp.networking import Request

from .refusal import Refused
from .request import PictureRequest
from .toolkit import Session
from .wire import Message

_CHUNK_BYTES = 64 * 1024


def run(request: PictureRequest, session: Session) -> Message:
    """Writes the picture to a file in the request's directory, from where the engine takes it.

    Raises Refused when it is too large or no picture."""
    path = os.path.join(request.directory, "picture")
    response = session.urlopen(Request(request.url))
    size = 0
    media_type = None
    with response, open(path, "wb") as file:
        while chunk := response.read(_CHUNK_BYTES):
            if media_type is None:
                media_type = sniff(chunk)
            size += len(chunk)
            if size > request.max_bytes:
                raise Refused("too_large", f"more than {request.max_bytes} bytes")
            file.write(chunk)
    return {"size": size, "media_type": media_type}


def sniff(head: bytes) -> str:
    """The media type by the first bytes: what a server claims is not believed.

    Raises Refused for anything but the pictures that browsers show; not for SVG, which can hold
    scripts."""
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if head[4:12] in (b"ftypavif", b"ftypavis"):
        return "image/avif"
    raise Refused("no_picture", "not a picture")
