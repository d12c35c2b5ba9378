"""Sessions of yt_dlp that start warm.

A fresh YoutubeDL per request keeps options, counters and hooks apart; what is dear to make and
safe to share (extractors, connections, the JavaScript runtime's version) is handed on."""

from __future__ import annotations

import functools
import socket
from typing import Any

import yt_dlp
from yt_dlp.downloader.external import FFmpegFD
from yt_dlp.networking import _requests
from yt_dlp.YoutubeDL import _YDLLogger

from . import options
from .refusal import Refused
from .request import Common
from .selectors import Options
from .settings import Settings


_AT_ONCE = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]


class Recorder:
    """Takes yt_dlp's words. Some failures (HTTP 429) are told in warnings only."""

    _MOST = 50

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def debug(self, message: str) -> None:
        pass

    info = debug
    error = debug

    def warning(self, message: str, **_: Any) -> None:
        if len(self.warnings) < self._MOST:
            self.warnings.append(str(message)[:500])


class Session(yt_dlp.YoutubeDL):
    """A YoutubeDL that no subtitle can fail, and that prints nothing."""

    def __init__(self, settings: Options) -> None:
        self.recorder = Recorder()
        super().__init__({**settings, "logger": self.recorder}, auto_init=False)

    def dl(self, name: str, info: Any, subtitle: bool = False, test: bool = False) -> Any:
        if not subtitle:
            return super().dl(name, info, subtitle, test)
        try:
            return super().dl(name, info, subtitle, test)
        except (yt_dlp.utils.YoutubeDLError, OSError, ValueError) as error:
            # Everything downstream passes over a subtitle whose file is missing.
            self.recorder.warning(f"subtitle: {error}")
            return False, False

    def _forceprint(self, key: str, info_dict: Any) -> None:
        # It draws all its tables, seven times a download, before it looks whether anyone wants them:
        # half of the processor time of a small one.
        pass


class Toolkit:
    """What a process keeps from one request to the next."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        _ask_proxies_at_once()
        _leave_fetching_to_yt_dlp()
        with yt_dlp.YoutubeDL(
            {
                "quiet": True,
                "allowed_extractors": settings.allowed_extractors,
                "logger": Recorder(),
            },
            auto_init="no_verbose_header",
        ) as all_of_them:
            self._extractors: dict[str, Any] = dict(all_of_them._ies)
        self._instances: dict[str, Any] = {}
        self._runtimes: Any = None
        self._network: tuple[Any, Any] | None = None

    def session(self, wanted: Options) -> Session:
        """A session with these options, as warm as can be."""
        session = Session(wanted)
        for extractor in self._extractors.values():
            session.add_info_extractor(extractor)
        for extractor in self._instances.values():
            # Else it would believe that this session's cookies are set up.
            extractor._ready = False
            session.add_info_extractor(extractor)
        # From now on the session's own additions are remembered here.
        session._ies_instances = self._instances
        if self._runtimes is None:
            self._runtimes = session._js_runtimes
        session.__dict__["_js_runtimes"] = self._runtimes
        if wanted.get("cookiefile") is None:
            self._lend_network(session)
        return session

    def probe_session(self, request: Common) -> Session:
        return self.session(options.base(self.settings, request))

    def list_session(self, request: Common) -> Session:
        return self.session(options.listing(self.settings, request))

    def _lend_network(self, session: Session) -> None:
        """Open connections outlive a session that has the same proxy; its cookies do not."""
        if self._network is None:
            self._network = (session.cookiejar, session._request_director)
            return
        cookies, director = self._network
        cookies.clear()
        logger = _YDLLogger(session)
        director.logger = logger
        for handler in director.handlers.values():
            handler._logger = logger
            _go_through(session.proxies, handler)
        session.__dict__["cookiejar"] = cookies
        session.__dict__["_request_director"] = director


def _ask_proxies_at_once() -> None:
    """urllib3 leaves Nagle's algorithm on towards a proxy, and sends a request's head and body apart: the
    body would wait some 40 ms for the proxy's delayed acknowledgement of the head."""
    adapter = _requests.RequestsHTTPAdapter
    if not isinstance(adapter.__dict__["proxy_manager_for"], functools.partialmethod):
        prompt = functools.partialmethod(adapter.proxy_manager_for, socket_options=_AT_ONCE)
        adapter.proxy_manager_for = prompt


def _leave_fetching_to_yt_dlp() -> None:
    """ffmpeg only ever sees files that are here. It would follow a playlist to any protocol that it
    knows; plain TCP it needs for HTTP, so no list of protocols keeps it from that.

    What yt_dlp leaves to it are live streams, which end at the gate, and ciphers of HLS that it does
    not know."""

    def refuse(_self: Any, _filename: str, _info: Options) -> int:
        raise Refused("encrypted", "yt_dlp would leave it to ffmpeg")

    FFmpegFD._call_downloader = refuse


def _go_through(proxies: dict[str, str], handler: Any) -> None:
    """What is open was opened with another proxy, or with the credentials of another request."""
    if handler.proxies == proxies:
        return
    handler.proxies = proxies
    if handler.RH_KEY != "Requests":
        getattr(handler, "_clear_instances", lambda: None)()
        return
    # The session stays: reading the certificates for a new one takes some 10 ms.
    http = handler._get_instance(
        cookiejar=handler.cookiejar, legacy_ssl_support=handler.legacy_ssl_support
    )
    for adapter in http.adapters.values():
        adapter.close()
        adapter.proxy_manager.clear()
