"""The last look before a download: what was found, what was chosen, whether it may be fetched."""

from __future__ import annotations

from typing import Any

from .meter import Meter
from .options import roomy_index
from .refusal import Refused
from .request import DownloadRequest
from .room import needed_bytes, size_of
from .wire import Channel, Message, number, text, whole

Info = dict[str, Any]

# An estimate is bit rate times duration; it must be well over the limit to be believed.
_ESTIMATE_SLACK = 1.25


class Gate:
    """yt_dlp's `match_filter`: asked once before the streams are chosen and once after."""

    def __init__(
        self, request: DownloadRequest, channel: Channel, meter: Meter, limit_bytes: int
    ) -> None:
        self._request = request
        self._channel = channel
        self._meter = meter
        self._limit = limit_bytes
        self._told = False
        self.merger_arguments: Info | None = None
        """Filled in once the duration is known; None where the merger shall have its own way."""
        self.chosen: Info = {}
        self.refusal: Refused | None = None

    def __call__(self, info: Info, *, incomplete: bool = False) -> None:
        try:
            self._admit(info)
        except Refused as refusal:
            self.refusal = refusal
            raise

    def _admit(self, info: Info) -> None:
        if not self._told:
            self._told = True
            self._channel.send(found(info))
        if info.get("is_live") or info.get("live_status") == "is_live":
            raise Refused("live")
        if info.get("live_status") == "is_upcoming":
            raise Refused("upcoming")
        if info.get("format_id"):
            self._admit_choice(info)

    def _admit_choice(self, info: Info) -> None:
        self.chosen = info
        streams = info.get("requested_formats") or [info]
        # Nothing else goes through the guard.
        if not all(_is_web_address(s["url"]) for s in streams if "url" in s):
            raise Refused("not_web", "a stream has no http(s) address")
        if not self._request.is_audio and all(s.get("vcodec") == "none" for s in streams):
            raise Refused("sound_only")
        self._admit_size(streams)
        self._ask_for_room(info, streams)
        self._meter.plan({str(s.get("format_id")): size_of(s) for s in streams})
        if self.merger_arguments is not None and self._request.format == "mp4":
            duration, rate = number(info.get("duration")), number(info.get("fps"))
            if duration:
                self.merger_arguments.update(roomy_index(duration, rate or 30))

    def _admit_size(self, streams: list[Info]) -> None:
        exact = sum(whole(s.get("filesize")) or 0 for s in streams)
        likely = sum(size_of(s) or 0 for s in streams)
        if exact > self._limit or likely > self._limit * _ESTIMATE_SLACK:
            raise Refused("too_large", f"{likely} bytes are announced, {self._limit} are allowed")

    def _ask_for_room(self, info: Info, streams: list[Info]) -> None:
        """The engine knows what the disk holds and what other jobs will write. Where there is no room
        for this one, there is no answer but a kill."""
        needed = needed_bytes(self._request, info, streams)
        self._channel.send({"ev": "chosen", "bytes": needed})
        if self._channel.receive() is None:
            raise Refused("abandoned", "the engine is gone")


def found(info: Info) -> Message:
    """What is known of the video before its first byte."""
    return {
        "ev": "found",
        "id": text(info.get("id")),
        "title": text(info.get("title")),
        "uploader": text(info.get("uploader") or info.get("channel")),
        "duration": number(info.get("duration")),
        "thumbnail": text(info.get("thumbnail")),
    }


def _is_web_address(url: Any) -> bool:
    return str(url).lower().startswith(("http://", "https://"))
