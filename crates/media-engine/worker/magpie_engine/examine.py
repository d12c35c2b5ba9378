"""Checks a finished file: a clean exit of yt_dlp or ffmpeg does not mean that there is one."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from typing import Any

from . import mp4
from .media_file import MediaFile
from .process import die_with_parent
from .refusal import Refused
from .request import DownloadRequest

_FFPROBE_SECONDS = 30
_SMALLEST_SHORTFALL_SECONDS = 3.0
_SHORTFALL_SHARE = 0.02
# Pictures beside the sound, as covers are, make no video.
_STILL_CODECS = ("mjpeg", "png", "gif", "bmp")


def examine(path: str, ffprobe: str) -> MediaFile:
    """What the file holds.

    Raises Refused when it is missing, not a plain file, or not readable as media."""
    try:
        mode = os.lstat(path).st_mode
    except OSError as error:
        raise Refused("no_file", str(error)) from error
    if not stat.S_ISREG(mode):
        raise Refused("no_file", f"{path} is not a plain file")
    if path.endswith((".mp4", ".m4a")):
        try:
            return mp4.read(path)
        except mp4.Truncated as error:
            raise Refused("incomplete", str(error)) from error
        except mp4.NotPlain:
            pass
    return _ask_ffprobe(path, ffprobe)


def _ask_ffprobe(path: str, ffprobe: str) -> MediaFile:
    command = [
        ffprobe,
        "-v",
        "error",
        "-protocol_whitelist",
        "file",
        "-show_entries",
        "format=duration:stream=codec_type,codec_name,width,height,duration",
        "-of",
        "json",
        f"file:{path}",
    ]
    answer = subprocess.run(
        command,
        capture_output=True,
        check=False,
        timeout=_FFPROBE_SECONDS,
        stdin=subprocess.DEVNULL,
        preexec_fn=die_with_parent,
    )
    if answer.returncode != 0:
        raise Refused("unreadable", answer.stderr.decode("utf-8", "replace")[-500:])
    return _read_answer(json.loads(answer.stdout))


def _read_answer(answer: dict[str, Any]) -> MediaFile:
    media = MediaFile(duration=_seconds(answer.get("format", {})))
    for stream in answer.get("streams", []):
        codec = stream.get("codec_name")
        if stream.get("codec_type") == "video" and codec not in _STILL_CODECS:
            media.vcodec = media.vcodec or codec
            media.width, media.height = stream.get("width"), stream.get("height")
        elif stream.get("codec_type") == "audio":
            media.acodec = media.acodec or codec
        media.duration = media.duration or _seconds(stream)
    return media


def _seconds(described: dict[str, Any]) -> float | None:
    try:
        return float(described["duration"])
    except (KeyError, ValueError):
        return None


def check(media: MediaFile, request: DownloadRequest, chosen: dict[str, Any]) -> None:
    """Raises Refused when the file is not what was chosen."""
    if request.is_audio and not media.acodec:
        raise Refused("no_sound", "no sound in the file")
    if not request.is_audio and not media.vcodec:
        raise Refused("sound_only", "no pictures in the file")
    if not request.is_audio and not media.acodec and _promises_sound(chosen):
        raise Refused("incomplete", "the sound is missing")
    height = chosen.get("height")
    if not request.is_audio and height and media.height and abs(media.height - height) > 8:
        raise Refused("unreadable", f"{media.height} lines instead of {height}")
    _check_duration(media, request, chosen)


def _promises_sound(chosen: dict[str, Any]) -> bool:
    return chosen.get("acodec") not in (None, "none")


def _check_duration(media: MediaFile, request: DownloadRequest, chosen: dict[str, Any]) -> None:
    expected = chosen.get("duration")
    # What SponsorBlock removes makes it shorter by design.
    if not expected or media.duration is None or request.sponsorblock_remove:
        return
    if media.duration < expected - max(_SMALLEST_SHORTFALL_SECONDS, _SHORTFALL_SHARE * expected):
        raise Refused("incomplete", f"{media.duration} s arrived of {expected} s")
