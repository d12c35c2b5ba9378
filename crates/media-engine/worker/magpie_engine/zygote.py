"""The zygote: warm, single-threaded, and good for one thing, forking.

It never opens a connection, so that nothing is shared that must not be. It does not reap a worker
before it is told to: until then the process id, which is also that of the group, stays taken, and
whoever kills the group cannot hit a stranger."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.metadata
import json
import os
import select
import signal
import socket
import sys
import traceback
from typing import TYPE_CHECKING, NoReturn

from . import process, sandbox
from .settings import Settings
from .wire import Channel, Message

if TYPE_CHECKING:
    from .toolkit import Toolkit

_MOST_FDS = 8
_REAP_SECONDS = 0.005


def main() -> None:
    """Serves the control socket, which is standard input."""
    control = socket.socket(fileno=os.dup(0))
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.close(null)
    orders = Orders(control)
    while not (first := orders.receive()):
        if orders.closed:
            return
    settings = Settings.from_message(first.pop(0))
    os.chdir(settings.home_dir)
    process.adopt_orphans()
    channel = Channel(control)
    confinement = sandbox.Confinement.of(settings)
    _announce(channel, confinement.report)
    Zygote(orders, channel, settings, confinement).run(first)


def _announce(channel: Channel, report: sandbox.Report) -> None:
    """The version is read from the package's metadata: importing takes ten times as long."""
    try:
        version: str | None = importlib.metadata.version("yt-dlp")
    except importlib.metadata.PackageNotFoundError:
        version = None
    channel.send({"ev": "versions", "yt_dlp": version, "sandbox": dataclasses.asdict(report)})


class Orders:
    """What comes over the control socket: messages, and sockets that ride along with them.

    Both are read here alone: a plain `recv` would drop a socket that came early."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._unread = b""
        self._sockets: list[socket.socket] = []
        self.closed = False

    def wait(self, seconds: float | None) -> bool:
        """Whether there is something to receive."""
        return bool(select.select([self._control], [], [], seconds)[0])

    def receive(self) -> list[Message]:
        data, fds, _, _ = socket.recv_fds(self._control, 65536, _MOST_FDS)
        self._sockets += [socket.socket(fileno=fd) for fd in fds]
        self.closed = not data
        *lines, self._unread = (self._unread + data).split(b"\n")
        return [json.loads(line) for line in lines]

    def take_socket(self) -> socket.socket:
        return self._sockets.pop(0)

    def close(self) -> None:
        """In a worker: the zygote's own sockets are no business of it."""
        self._control.close()
        for sock in self._sockets:
            sock.close()


class Zygote:
    """Forks on request, reaps on request, and takes every worker along when it ends."""

    def __init__(
        self,
        orders: Orders,
        channel: Channel,
        settings: Settings,
        confinement: sandbox.Confinement,
    ) -> None:
        self.orders = orders
        self.settings = settings
        self.confinement = confinement
        self._channel = channel
        self._workers: set[int] = set()
        self._to_reap: set[int] = set()
        self.toolkit, report = self._warm_up()
        channel.send({**report, "private_kb": process.private_kilobytes()})

    def _warm_up(self) -> tuple[Toolkit, Message]:
        import yt_dlp.globals  # Half a second; the version was told before.
        import yt_dlp.utils._utils

        # No plugin is ever loaded, wherever one may lie.
        yt_dlp.globals.plugin_dirs.value = []
        process.tie_children(yt_dlp.utils._utils.Popen)
        from .warm import warm_up

        return warm_up(self.settings)

    def run(self, early: list[Message]) -> None:
        """Until the control socket is closed: then the engine is gone, and so must be we."""
        try:
            self._obey(early)
            while not self.orders.closed:
                ready = self.orders.wait(_REAP_SECONDS if self._to_reap else None)
                self._reap()
                if ready:
                    self._obey(self.orders.receive())
        finally:
            for worker in self._workers:
                with contextlib.suppress(OSError):
                    os.killpg(worker, signal.SIGKILL)
            os._exit(0)

    def _obey(self, messages: list[Message]) -> None:
        for message in messages:
            if message["op"] == "fork":
                self._fork(self.orders.take_socket(), message["place"])
            elif message["op"] == "reap":
                self._to_reap.add(message["pid"])
                self._reap()

    def _fork(self, sock: socket.socket, place: str) -> None:
        zygote = os.getpid()
        worker = os.fork()
        if worker == 0:
            _be_worker(zygote, sock, self, place)
        self._workers.add(worker)
        sock.close()

    def _reap(self) -> None:
        for group in list(self._to_reap):
            if _is_gone(group) and not self._end_strays():
                self._to_reap.discard(group)
                self._workers.discard(group)
                self._channel.send({"ev": "gone", "pid": group})

    def _end_strays(self) -> bool:
        """Kills what escaped from its group, where the system lets it; whether there was anything."""
        if self.confinement.holds_groups:
            return False
        strays = process.children_of_others(self._workers)
        for stray in strays:
            with contextlib.suppress(OSError):
                os.kill(stray, signal.SIGKILL)
                os.waitpid(stray, 0)
        return bool(strays)


def _is_gone(group: int) -> bool:
    """Reaps what has ended of a process group; whether that was all of it."""
    try:
        while os.waitpid(-group, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return True
    return False


def _be_worker(zygote: int, sock: socket.socket, inherited: Zygote, place: str) -> NoReturn:
    """Never returns: what stands above on the stack belongs to the zygote."""
    status = 1
    try:
        inherited.orders.close()
        process.become_worker(zygote, inherited.settings)
        memory = process.Memory()
        process.close_all_but({0, 1, 2, sock.fileno(), memory.fd})
        os.chdir(place)
        from .worker import serve

        inherited.confinement.enter(place)
        serve(sock, inherited.toolkit, place, memory)
        status = 0
    except BaseException:  # noqa: BLE001 nothing may unwind into the zygote's loop
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)
