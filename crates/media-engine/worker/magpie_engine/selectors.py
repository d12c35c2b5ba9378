"""Which of the streams on offer make the file that was asked for."""

from __future__ import annotations

from typing import Any

from .request import DownloadRequest

Options = dict[str, Any]

# `[acodec!=none]` because plain `ba` takes a silent video's pictures for sound; `?` because some
# sites do not tell.
_FORMATS = {
    "mp4": "bv*+ba/b",
    "mkv": "bv*+ba/b",
    "webm": "bv*[ext=webm]+ba[ext=webm]/b[ext=webm]/bv*+ba/b",
    "mp3": "ba[acodec!=none]/b[acodec!=?none]",
    "m4a": "ba[acodec^=mp4a]/ba[acodec!=none]/b[acodec!=?none]",
    "opus": "ba[acodec=opus]/ba[acodec!=none]/b[acodec!=?none]",
}
# What sorts before what, after the height. In mp4, what every player plays.
_PREFERENCES = {"mp4": ["fps", "vcodec:h264", "acodec:aac"], "mkv": ["fps"], "webm": ["fps"]}
# Into which container streams are put together, and a lone file of another kind is moved.
_CONTAINERS = {
    "mp4": ("mp4", "mp4"),
    "mkv": ("mkv", "mkv"),
    "webm": ("webm/mkv", "webm>webm/mkv"),
}
MP3_DEFAULT_KBPS = 192


def selection(request: DownloadRequest) -> Options:
    """The options of yt_dlp that choose streams."""
    options: Options = {"format": _FORMATS[request.format]}
    if request.is_audio:
        if request.audio_kbps and request.format != "mp3":
            options["format_sort"] = [f"abr:{request.audio_kbps}"]
        return options
    # `res` counts the short side, so an upright video is as tall as it is wide.
    height = f"res:{request.height}" if request.height else "res"
    options["format_sort"] = [height, *_PREFERENCES[request.format]]
    options["merge_output_format"] = _CONTAINERS[request.format][0]
    return options


def conversion(request: DownloadRequest) -> list[Options]:
    """The postprocessors that make the container, or the sound, that was asked for."""
    if not request.is_audio:
        container = _CONTAINERS[request.format][1]
        return [{"key": "FFmpegVideoRemuxer", "preferedformat": container}]
    kbps = request.audio_kbps
    if request.format == "mp3" and kbps is None:
        kbps = MP3_DEFAULT_KBPS
    # Without a rate the sound is copied where its codec fits.
    quality = str(kbps) if kbps else None
    return [
        {
            "key": "FFmpegExtractAudio",
            "preferredcodec": request.format,
            "preferredquality": quality,
        }
    ]
