"""What makes a forked process a worker: its session, its limits, what it inherits."""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import os
import resource
import signal
import tempfile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .settings import Settings

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38
_NICENESS = 5

_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent() -> None:
    """The kernel kills this process when the thread that started it ends."""
    _libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)


def adopt_orphans() -> None:
    """Whatever a dead worker leaves behind becomes this process's child, to be reaped by it."""
    _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def forgo_privileges() -> None:
    """Whatever this process runs from now on has no more power than it has itself."""
    _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def become_worker(parent: int, settings: Settings) -> None:
    """Its own session and process group, so that it and all it starts can be killed at once."""
    os.setsid()
    die_with_parent()
    if os.getppid() != parent:
        os._exit(1)
    forgo_privileges()
    for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    os.umask(0o077)
    _set_limits(settings)
    _go_first()
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    os.close(null)


def _set_limits(settings: Settings) -> None:
    # Never RLIMIT_AS: the JavaScript runtime reserves more address space than any sane limit. What
    # it may write to counts here; the engine watches what is really used, by all processes of a job.
    limits = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: settings.max_file_bytes + (1 << 20),
        resource.RLIMIT_DATA: 2 * settings.max_memory_bytes,
        resource.RLIMIT_NOFILE: 1024,
        # Of all that this user runs, threads too; root is exempt.
        resource.RLIMIT_NPROC: 4096,
    }
    for kind, wanted in limits.items():
        hard = resource.getrlimit(kind)[1]
        value = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(kind, (value, value))


def _go_first() -> None:
    """Where there is too little for everyone, a job waits, or is killed, before anything else."""
    adjustment = "/proc/self/oom_score_adj"
    with contextlib.suppress(OSError), open(adjustment, "w", encoding="ascii") as file:
        file.write("1000")
    with contextlib.suppress(OSError):
        os.nice(_NICENESS)


def close_all_but(kept: set[int]) -> None:
    """Whatever the parent had open is no business of this process."""
    edges = sorted({-1, *kept, os.sysconf("SC_OPEN_MAX")})
    for low, high in itertools.pairwise(edges):
        # Python takes an empty range from 0 for all there is.
        if low + 1 < high:
            os.closerange(low + 1, high)


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


class Memory:
    """Looks at this process's memory; opened while it may still be."""

    def __init__(self) -> None:
        self.fd = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)

    def private_kilobytes(self) -> int:
        """What is this process's own, not shared with the zygote."""
        return _private_kilobytes(os.pread(self.fd, 256, 0))


def children_of_others(own_groups: set[int]) -> list[int]:
    """Children of this process that are in none of these groups: they were not started by it, but
    left their group and lost their parent."""
    strays = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as stat:
            fields = stat.read().rpartition(b")")[2].split()
            if int(fields[1]) == os.getpid() and int(fields[2]) not in own_groups:
                strays.append(int(name))
    return strays


def private_kilobytes() -> int:
    """Memory that is this process's own."""
    with open("/proc/self/statm", "rb") as statm:
        return _private_kilobytes(statm.read())


def _private_kilobytes(statm: bytes) -> int:
    fields = statm.split()
    return (int(fields[1]) - int(fields[2])) * (resource.getpagesize() // 1024)
