"""What a site says of a video."""

from __future__ import annotations

import json
import os
from typing import Any

from .request import InfoRequest
from .toolkit import Session
from .wire import Message, number, text, whole

Info = dict[str, Any]

_MOST_FORMATS = 300
# The engine takes it from there.
_SAVED_AS = "found.json"


def run(request: InfoRequest, session: Session) -> Message:
    """Describes the video, and keeps what was found for the download that may follow."""
    info = single(session.extract_info(request.url, download=False))
    plain: Info = session.sanitize_info(info, remove_private_keys=True)
    _save(plain, os.path.join(request.directory, _SAVED_AS))
    return describe(plain)


def single(info: Any) -> Info:
    """The video itself, where a page wraps it into a list of one."""
    if not info:
        raise LookupError("nothing was found")
    if info.get("_type") in ("playlist", "multi_video"):
        entries = [entry for entry in info.get("entries") or () if entry]
        if not entries:
            raise LookupError("nothing was found")
        return single(entries[0])
    return dict(info)


def _save(info: Info, path: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        json.dump(info, file)


def describe(info: Info) -> Message:
    """The part of an info dict that leaves this process."""
    formats = [f for f in info.get("formats") or () if _is_media(f)][-_MOST_FORMATS:]
    return {
        "id": text(info.get("id")),
        "url": text(info.get("webpage_url") or info.get("original_url")),
        "title": text(info.get("title")),
        "duration": number(info.get("duration")),
        "thumbnail": text(info.get("thumbnail")),
        "uploader": text(info.get("uploader") or info.get("channel")),
        "view_count": whole(info.get("view_count")),
        "upload_date": text(info.get("upload_date")),
        "is_live": bool(info.get("is_live")),
        "formats": [_format(f) for f in formats],
    }


def _is_media(found: Info) -> bool:
    """Whether it may hold pictures or sound; storyboards and the like say of both that it does not."""
    return found.get("vcodec") != "none" or found.get("acodec") != "none"


def _codec(found: Info, key: str) -> str | None:
    value = found.get(key)
    return None if value == "none" else text(value)


def _format(found: Info) -> Message:
    return {
        "format_id": text(found.get("format_id")) or "",
        "ext": text(found.get("ext")) or "",
        "height": whole(found.get("height")),
        "width": whole(found.get("width")),
        "fps": number(found.get("fps")),
        "vcodec": _codec(found, "vcodec"),
        "acodec": _codec(found, "acodec"),
        # yt-dlp says 0 of what is not there: a video without sound has no bit rate of sound.
        "abr": number(found.get("abr")) or None,
        "tbr": number(found.get("tbr")) or None,
        "filesize": whole(found.get("filesize")) or whole(found.get("filesize_approx")),
        "language": text(found.get("language")),
    }
