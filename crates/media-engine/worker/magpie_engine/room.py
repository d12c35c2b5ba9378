"""How much room a download takes on the disk while it is made."""

from __future__ import annotations

from typing import Any

from .request import DownloadRequest
from .selectors import MP3_DEFAULT_KBPS
from .wire import number, whole

Info = dict[str, Any]


def size_of(stream: Info) -> int | None:
    """Bytes, as announced or estimated."""
    return whole(stream.get("filesize")) or whole(stream.get("filesize_approx"))


def needed_bytes(request: DownloadRequest, info: Info, streams: list[Info]) -> int | None:
    """At its fullest: the streams, and beside them the file that is made of them. None where no size
    is known."""
    sizes = [size for stream in streams if (size := size_of(stream))]
    if not sizes:
        return None
    fetched = sum(sizes)
    if not _is_rewritten(request, streams):
        return fetched
    return fetched + max(fetched, _converted_bytes(request, info))


def _is_rewritten(request: DownloadRequest, streams: list[Info]) -> bool:
    """Whether anything but a stream as it came is kept."""
    return bool(
        len(streams) > 1
        or request.is_audio
        or streams[0].get("ext") != request.format
        or request.embed_metadata
        or request.sponsorblock_remove
        or request.languages()
    )


def _converted_bytes(request: DownloadRequest, info: Info) -> int:
    """A high rate makes more of a sound than there was."""
    kbps = request.audio_kbps or (MP3_DEFAULT_KBPS if request.format == "mp3" else 0)
    duration = number(info.get("duration")) or 0
    return int(duration * kbps * 125) if request.is_audio and duration > 0 else 0
