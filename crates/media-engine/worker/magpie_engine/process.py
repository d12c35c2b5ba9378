"""What makes a forked process a worker: its session, its limits, what it inherits."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import tempfile
from typing import Any

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38

_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent() -> None:
    """The kernel kills this process when the thread that started it ends."""
    _libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)


def adopt_orphans() -> None:
    """Whatever a dead worker leaves behind becomes this process's child, to be reaped by it."""
    _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def become_worker(parent: int, max_file_bytes: int) -> None:
    """Its own session and process group, so that it and all it starts can be killed at once."""
    os.setsid()
    die_with_parent()
    if os.getppid() != parent:
        os._exit(1)
    _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    os.umask(0o077)
    _set_limits(max_file_bytes)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    os.close(null)


def _set_limits(max_file_bytes: int) -> None:
    # Never RLIMIT_AS: the JavaScript runtime reserves more address space than any sane limit.
    limits = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: max_file_bytes + (1 << 20),
        resource.RLIMIT_NOFILE: 1024,
        resource.RLIMIT_NPROC: 4096,
    }
    for kind, wanted in limits.items():
        hard = resource.getrlimit(kind)[1]
        value = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(kind, (value, value))


def tie_children(popen: Any) -> None:
    """Children that `popen` (yt_dlp's class) starts die with the worker, whoever kills it."""
    start = popen.__init__

    def tied(self: Any, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("preexec_fn", die_with_parent)
        start(self, *args, **kwargs)

    popen.__init__ = tied


def move_into(directory: str) -> None:
    """Makes `directory` the place where this process works, and the only one it knows."""
    home, temporary = os.path.join(directory, "home"), os.path.join(directory, "tmp")
    for path in (home, temporary):
        os.makedirs(path, mode=0o700, exist_ok=True)
    os.chdir(directory)
    os.environ["HOME"] = home
    os.environ["TMPDIR"] = temporary
    tempfile.tempdir = None


def private_kilobytes() -> int:
    """Memory that is this process's own, not shared with the zygote."""
    with open("/proc/self/statm", encoding="ascii") as statm:
        fields = statm.read().split()
    return (int(fields[1]) - int(fields[2])) * (resource.getpagesize() // 1024)
