"""A worker: takes one request at a time until its socket is closed."""

from __future__ import annotations

import os
import socket

from . import listing, picture, probe, process
from . import request as ask
from .download import Download
from .failure import describe
from .toolkit import Session, Toolkit
from .wire import Channel, Message


def serve(sock: socket.socket, toolkit: Toolkit, place: str, memory: process.Memory) -> None:
    """Answers every request with one `done` or `failed`, after any number of reports. Between them it
    stands in its own `place`."""
    channel = Channel(sock)
    channel.send({"ev": "hello", "pid": os.getpid()})
    while (message := channel.receive()) is not None:
        request = ask.from_message(message)
        process.move_into(request.directory)
        answer = Work(request, toolkit, channel).answer()
        # An idle worker stands in no job's directory, so that it can be removed.
        os.chdir(place)
        channel.send({**answer, "private_kb": memory.private_kilobytes()})


class Work:
    """One request, and what is needed to tell of its failure."""

    def __init__(self, request: ask.Request, toolkit: Toolkit, channel: Channel) -> None:
        self._request = request
        self._toolkit = toolkit
        self._channel = channel
        self._download: Download | None = None
        self._session: Session | None = None

    def answer(self) -> Message:
        try:
            return {"ev": "done", "result": self._run()}
        except BaseException as error:  # noqa: BLE001 whatever it is, it must be told
            return self._failed(error)

    def _run(self) -> Message | None:
        request = self._request
        if isinstance(request, ask.DownloadRequest):
            self._download = Download(request, self._toolkit, self._channel)
            return self._download.run()
        if isinstance(request, ask.ListRequest):
            self._session = self._toolkit.list_session(request)
            listing.run(request, self._session, self._channel.send)
            return None
        self._session = self._toolkit.probe_session(request)
        if isinstance(request, ask.InfoRequest):
            return probe.run(request, self._session)
        return picture.run(request, self._session)

    def _failed(self, error: BaseException) -> Message:
        session, refusal = self._session, None
        if self._download:
            session = self._download.session
            refusal = self._download.gate.refusal if self._download.gate else None
        warnings = session.recorder.warnings if session else []
        return describe(error, warnings, self._request.directory, refusal)
