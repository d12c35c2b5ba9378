"""Fetches one video into its directory, and checks the file."""

from __future__ import annotations

import json
import os
from typing import Any

from yt_dlp.utils import DownloadError

from . import options
from .examine import check, examine
from .gate import Gate
from .meter import Meter
from .probe import single
from .refusal import Refused
from .request import DownloadRequest
from .toolkit import Session, Toolkit
from .wire import Channel, Message, number, text

Info = dict[str, Any]

# Below this, a failed merge is the disk's doing, and trying it another way only fills it again.
_ROOM_FOR_ANOTHER_WAY_BYTES = 64 * 1024 * 1024


class Download:
    """One download, over as many ways of doing it as it takes."""

    def __init__(self, request: DownloadRequest, toolkit: Toolkit, channel: Channel) -> None:
        self._request = request
        self._toolkit = toolkit
        self._channel = channel
        self._limit = toolkit.settings.max_file_bytes
        self._quick_merge = True
        self._subtitles = bool(request.languages()) and not request.is_audio
        self.session: Session | None = None
        self.gate: Gate | None = None

    def run(self) -> Message:
        """The checked file. Raises what yt_dlp raises, or Refused."""
        for part in ("out", "tmp"):
            os.makedirs(os.path.join(self._request.directory, part), mode=0o700, exist_ok=True)
        while True:
            try:
                info = self._fetch()
                break
            except DownloadError as error:
                if self._has_outgrown():
                    raise Refused("too_large", "a file reached the limit") from error
                if not self._simplify(error):
                    raise
        return self._finish(info)

    def _simplify(self, error: DownloadError) -> bool:
        """Gives up what is not essential, after a failure that it may have caused."""
        if "Postprocessing:" not in str(error) or self._disk_is_full():
            return False
        if self._quick_merge:
            self._quick_merge = False
        elif self._subtitles:
            self._subtitles = False
        else:
            return False
        return True

    def _has_outgrown(self) -> bool:
        """Whether the kernel has stopped a file at the limit: ffmpeg only says that it failed."""
        with os.scandir(os.path.join(self._request.directory, "tmp")) as files:
            return any(file.stat(follow_symlinks=False).st_size >= self._limit for file in files)

    def _disk_is_full(self) -> bool:
        room = os.statvfs(self._request.directory)
        return room.f_bavail * room.f_frsize < _ROOM_FOR_ANOTHER_WAY_BYTES

    def _fetch(self) -> Info:
        meter = Meter(self._limit, self._channel.send)
        gate = Gate(self._request, self._channel, meter, self._limit)
        wanted = options.download(
            self._toolkit.settings, self._request, with_subtitles=self._subtitles
        )
        if self._quick_merge:
            gate.merger_arguments = wanted["postprocessor_args"] = {}
        wanted |= {
            "match_filter": gate,
            "progress_hooks": [meter.hook],
            "postprocessor_hooks": [lambda event: self._processing(event, meter)],
        }
        self.gate = gate
        self.session = self._toolkit.session(wanted)
        return single(self._start(self.session))

    def _start(self, session: Session) -> Any:
        if self._request.found is None:
            return session.extract_info(self._request.url, download=True)
        with open(self._request.found, encoding="utf-8") as file:
            return session.process_ie_result(json.load(file), download=True)

    def _processing(self, event: dict[str, Any], meter: Meter) -> None:
        if event.get("status") == "started" and meter.all_finished():
            self._channel.send({"ev": "processing", "step": text(event.get("postprocessor"))})

    def _finish(self, info: Info) -> Message:
        files = info.get("requested_downloads") or []
        path = files[0].get("filepath") if files else None
        if not path:
            raise Refused("no_file", "nothing was written")
        media = examine(path, os.path.join(self._toolkit.settings.tools_dir, "ffprobe"))
        check(media, self._request, self.gate.chosen if self.gate else {})
        size = os.path.getsize(path)
        if size > self._limit:
            raise Refused("too_large", f"the file has {size} bytes")
        return {
            "path": path,
            "size": size,
            "id": text(info.get("id")),
            "title": text(info.get("title")),
            "uploader": text(info.get("uploader") or info.get("channel")),
            "duration": media.duration or number(info.get("duration")),
            "thumbnail": text(info.get("thumbnail")),
            "height": media.height,
            "vcodec": media.vcodec,
            "acodec": media.acodec,
        }
