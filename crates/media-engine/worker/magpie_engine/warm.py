"""Does once, before any fork, what every first request would otherwise pay for."""

from __future__ import annotations

import contextlib
import gc
import io
import json
from collections.abc import Sequence
from typing import Any

import yt_dlp
import yt_dlp.downloader.dash
import yt_dlp.downloader.hls
import yt_dlp.downloader.http
import yt_dlp.postprocessor.ffmpeg
from yt_dlp.networking import Response

from .options import download
from .request import DownloadRequest
from .settings import Settings
from .toolkit import Session, Toolkit
from .wire import Message


class _Replay(Session):
    """A session whose network is a recording."""

    exchanges: Sequence[dict[str, str]] = ()

    def urlopen(self, req: Any) -> Response:
        url = req if isinstance(req, str) else req.url
        for exchange in self.exchanges:
            if exchange["match"] in url:
                return self._play(url, exchange)
        raise yt_dlp.utils.YoutubeDLError(f"not recorded: {url}")

    @staticmethod
    def _play(url: str, exchange: dict[str, str]) -> Response:
        body = io.BytesIO(exchange["body"].encode())
        return Response(body, url, {"Content-Type": exchange["type"]}, 200)


def warm_up(settings: Settings) -> tuple[Toolkit, Message]:
    """A toolkit that has seen it all, and what it found on the way."""
    request = DownloadRequest(
        url="",
        directory="/nonexistent",
        cache="",
        cookies=None,
        proxy=None,
        format="mp4",
        height=720,
        audio_kbps=None,
    )
    toolkit = Toolkit(settings)
    wanted = download(settings, request, with_subtitles=False)
    session = toolkit.session(wanted)
    report = _find_tools(session)
    if settings.warm_up:
        # A recording that no longer fits costs speed, not function.
        with contextlib.suppress(Exception):
            report["warmed_up"] = _replay(json.loads(settings.warm_up), wanted, toolkit)
    _choose_from_canned_formats(session)
    _prepare_tls(session)
    # What stands now is shared by all workers: collecting it would copy every page.
    gc.collect()
    gc.freeze()
    return toolkit, report


def _find_tools(session: Session) -> Message:
    """Runs each tool once; yt_dlp remembers what it learnt, per class."""
    merger = yt_dlp.postprocessor.ffmpeg.FFmpegMergerPP(session)
    assert merger.available is not None and merger.probe_available is not None
    runtimes = (runtime for runtime in session._js_runtimes.values() if runtime)
    infos = [runtime.info for runtime in runtimes if runtime.info and runtime.info.supported]
    found = f"{infos[0].name} {infos[0].version}" if infos else None
    return {"ev": "ready", "js_runtime": found}


def _replay(recording: dict[str, Any], wanted: dict[str, Any], toolkit: Toolkit) -> bool:
    session = _Replay({**wanted, "simulate": True})
    session.exchanges = recording["exchanges"]
    for extractor in toolkit._extractors.values():
        session.add_info_extractor(extractor)
    session.__dict__["_js_runtimes"] = toolkit._runtimes
    return bool(session.extract_info(recording["url"], download=False))


def _choose_from_canned_formats(session: Session) -> None:
    formats = [
        {
            "format_id": str(height),
            "url": f"https://warm.invalid/{height}",
            "ext": "mp4",
            "height": height,
            "width": height * 16 // 9,
            "fps": 25,
            "vcodec": "avc1.4d401e",
            "acodec": "none",
            "tbr": float(height),
            "filesize": height * 1000,
        }
        for height in (360, 720, 1080)
    ]
    formats.append(
        {
            "format_id": "a",
            "url": "https://warm.invalid/a",
            "ext": "m4a",
            "vcodec": "none",
            "acodec": "mp4a.40.2",
            "abr": 128.0,
        }
    )
    info = {
        "id": "warm",
        "title": "warm",
        "duration": 10,
        "extractor": "warm",
        "extractor_key": "Warm",
        "webpage_url": "https://warm.invalid/",
        "formats": formats,
    }
    session.process_ie_result(info, download=False)


def _prepare_tls(session: Session) -> None:
    """Reading the certificates takes some 10 ms; no connection is made."""
    for handler in session._request_director.handlers.values():
        if handler.RH_KEY == "Requests":
            handler._get_instance(
                cookiejar=handler.cookiejar, legacy_ssl_support=handler.legacy_ssl_support
            )
