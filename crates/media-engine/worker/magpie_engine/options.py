"""The options that yt_dlp runs with: a closed list, none of which a user can reach."""

from __future__ import annotations

import os
import re
from typing import Any

from .request import Common, DownloadRequest
from .selectors import Options, conversion, selection
from .settings import Settings


def base(settings: Settings, request: Common) -> Options:
    """What every session has."""
    return {
        "quiet": True,
        "noprogress": True,
        "color": {"stdout": "no_color", "stderr": "no_color"},
        "ignoreerrors": False,
        "noplaylist": True,
        "playlist_items": "1",
        "allowed_extractors": settings.allowed_extractors,
        "extractor_args": settings.extractor_args,
        "cachedir": request.cache or False,
        "cookiefile": request.cookies,
        # An empty string means none at all; None would ask the environment.
        "proxy": request.proxy or settings.proxy or "",
        "compat_opts": {"no-certifi"} if settings.trusts_system else set(),
        "ffmpeg_location": settings.tools_dir,
        "socket_timeout": 15,
        # The queue tries again what these do not mend, with fresh addresses.
        "retries": 4,
        "fragment_retries": 4,
        "extractor_retries": 2,
        # Left alone, yt_dlp asks again at once, even after a 503.
        "retry_sleep_functions": dict.fromkeys(
            ("http", "fragment", "extractor", "file_access"), retry_delay
        ),
    }


def listing(settings: Settings, request: Common) -> Options:
    """What is different where a list of videos is wanted, not one of them."""
    return {**base(settings, request), "noplaylist": False, "playlist_items": None}


def retry_delay(n: int) -> float:
    """Seconds before retry `n` (from 0): 0.5, 1, 2, 4, 5, 5 …

    All of them together must stay below the time after which a download counts as stalled."""
    return float(min(5, 0.5 * 2 ** min(n, 5)))


def download(settings: Settings, request: DownloadRequest, *, with_subtitles: bool) -> Options:
    """What a download adds."""
    options = base(settings, request)
    options |= {
        # One directory a job, and names made of ids: a title is never a path.
        "paths": {
            "home": os.path.join(request.directory, "out"),
            "temp": os.path.join(request.directory, "tmp"),
        },
        "outtmpl": {"default": "%(id).60B.%(ext)s"},
        "restrictfilenames": True,
        "continuedl": True,
        "overwrites": False,
        "updatetime": False,
        "fixup": "detect_or_warn",
        "skip_unavailable_fragments": False,
        "concurrent_fragment_downloads": 4,
        "hls_prefer_native": True,
        "postprocessors": postprocessors(request, with_subtitles=with_subtitles),
    }
    options |= selection(request)
    if with_subtitles:
        options |= subtitles(request)
    return options


def subtitles(request: DownloadRequest) -> Options:
    languages = request.languages()
    return {
        "writesubtitles": bool(languages),
        "writeautomaticsub": bool(languages),
        "subtitleslangs": [re.escape(language) for language in languages],
        "subtitlesformat": "vtt/best",
    }


def postprocessors(request: DownloadRequest, *, with_subtitles: bool) -> list[Options]:
    """What is done to the streams, in order."""
    chain: list[Options] = []
    remove = request.sponsorblock_remove
    if remove:
        chain.append({"key": "SponsorBlock", "categories": remove, "when": "after_filter"})
    chain += conversion(request)
    if remove:
        chain.append({"key": "ModifyChapters", "remove_sponsor_segments": remove})
    if request.embed_metadata:
        chain.append(
            {
                "key": "FFmpegMetadata",
                "add_chapters": True,
                "add_metadata": True,
                "add_infojson": False,
            }
        )
    if with_subtitles and request.languages() and not request.is_audio:
        chain.append({"key": "FFmpegEmbedSubtitle"})
    return chain


def roomy_index(duration_seconds: float, frames_per_second: float) -> Options:
    """Merger arguments that reserve room for the index of an mp4 at its start.

    `+faststart`, which yt_dlp always adds, reads and writes the whole file a second time. An index
    takes up to 0.7 KB a second at 25 frames; 2 KB is ample. ffmpeg fails if it is not."""
    size = int(65536 + 2048 * duration_seconds * max(1.0, frames_per_second / 60))
    arguments: list[Any] = ["-movflags", "-faststart", "-moov_size", str(size)]
    return {"merger+ffmpeg_o": arguments}
