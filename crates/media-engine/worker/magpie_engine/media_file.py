"""What a file on disk really holds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class MediaFile:
    """The streams of a file, in ffmpeg's names."""

    duration: float | None = None
    width: int | None = None
    height: int | None = None
    vcodec: str | None = None
    acodec: str | None = None
