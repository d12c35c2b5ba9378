"""The sandbox of a worker: what it may still reach once it has given up the rest.

It writes into its own place. It reads and runs what Python, yt_dlp and ffmpeg are made of. It
connects to the proxy. Nothing here depends on what it is asked to do: a worker that has been taken
over is as confined as any other."""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import glob
import json
import os
import shutil
import sys
import sysconfig
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from . import landlock, seccomp
from .process import forgo_privileges

if TYPE_CHECKING:
    from collections.abc import Callable

    from .settings import Settings

_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib")
_LOADERS = ("/lib/ld-*.so*", "/lib64/ld-*.so*", "/lib/*/ld-*.so*", "/usr/lib/ld-*.so*")
_SYSTEM = (
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/ssl",
    "/etc/pki",
    "/etc/ca-certificates",
    "/usr/share/ca-certificates",
    "/usr/share/zoneinfo",
    "/dev/urandom",
    "/dev/random",
    "/dev/zero",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/sys/vm/overcommit_memory",
    "/sys/devices/system/cpu",
)
# Only where names are resolved here, and not by the proxy.
_NAMES = (
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/nsswitch.conf",
    "/etc/host.conf",
    "/etc/gai.conf",
    "/etc/services",
)
# Prefixes that hold the whole system and not just one Python.
_SHARED_PREFIXES = ("/", "/usr", "/usr/local")

_PR_CAPBSET_DROP, _PR_CAP_AMBIENT, _CLEAR_ALL = 24, 47, 4
_CAPABILITY_VERSION = 0x20080522
_MOST_CAPABILITIES = 64
# Root owns nothing of a directory that an ordinary user made for it; what it may see of it is the
# sandbox's business.
_KEPT_CAPABILITIES = (1 << 1) | (1 << 2)

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Report:
    """What holds a worker back."""

    in_force: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Plan:
    """What every worker of this engine may reach, worked out once."""

    readable: list[str]
    runnable: list[str]
    ports: list[int]
    version: int
    """Of landlock."""
    refused: bytes
    """The filter of system calls; empty where there is none for this machine."""


class Confinement:
    """What holds the workers of this engine back."""

    def __init__(self, plan: Plan | None, report: Report) -> None:
        self._plan = plan
        self.report = report

    @classmethod
    def of(cls, settings: Settings) -> Confinement:
        """As the settings want it, and as it was found to work on this system."""
        if not settings.is_confined:
            return cls(None, Report())
        plan = make_plan(settings)
        return cls(plan, rehearse(settings.home_dir, plan))

    @property
    def holds_groups(self) -> bool:
        """Whether nothing that a worker starts can leave its process group."""
        return "calls" in self.report.in_force

    def enter(self, place: str) -> None:
        """In a worker: from here on. Raises RuntimeError where less holds than was told."""
        if self._plan and enter(place, self._plan) != self.report:
            raise RuntimeError("the sandbox is not what it was")


def make_plan(settings: Settings) -> Plan:
    tools = [os.path.join(settings.tools_dir, name) for name in ("ffmpeg", "ffprobe")]
    runtimes = [found for found in [shutil.which("deno")] if found]
    programs = [os.path.realpath(path) for path in [sys.executable, *tools, *runtimes]]
    programs += [found for path in programs if (found := _interpreter(path))]
    loaders = [os.path.realpath(path) for pattern in _LOADERS for path in glob.glob(pattern)]
    readable = [*_python(), *_SYSTEM, *_LIBRARIES, settings.tools_dir]
    readable += [os.path.dirname(os.path.dirname(os.path.abspath(__file__)))]
    readable += [os.environ[name] for name in ("SSL_CERT_FILE",) if name in os.environ]
    readable += [found for path in programs if (found := _libraries_of(path))]
    if not settings.connect_ports:
        readable += _NAMES
    return Plan(
        readable=_outermost(readable),
        runnable=sorted({*programs, *loaders}),
        ports=settings.connect_ports,
        version=landlock.version(),
        refused=seccomp.program(has_guard=bool(settings.connect_ports)),
    )


def _outermost(paths: list[str]) -> list[str]:
    """Without those that lie below another one."""
    kept: list[str] = []
    for path in sorted({os.path.realpath(path) for path in paths}):
        if not kept or not path.startswith(kept[-1] + "/"):
            kept.append(path)
    return kept


def _python() -> list[str]:
    """The environment, and the Python it is made from."""
    paths = [sys.prefix]
    paths += [sysconfig.get_path(name) for name in ("stdlib", "platstdlib")]
    if sys.base_prefix not in _SHARED_PREFIXES:
        paths.append(sys.base_prefix)
    return paths


def _libraries_of(program: str) -> str | None:
    """Where a program that came in a directory of its own keeps its libraries."""
    above, directory = os.path.split(os.path.dirname(program))
    if directory != "bin" or above in _SHARED_PREFIXES:
        return None
    return os.path.join(above, "lib")


def _interpreter(program: str) -> str | None:
    """What runs a program that is a script."""
    with contextlib.suppress(OSError), open(program, "rb") as file:
        first = file.readline(256).split()
        if first and first[0].startswith(b"#!") and len(first[0]) > 2:
            return os.path.realpath(os.fsdecode(first[0][2:]))
    return None


def enter(place: str, plan: Plan) -> Report:
    """Confines this process, and all that it starts, to `place`. It must have one thread and have
    given up new privileges.

    What the kernel cannot do is left out and told: whether that will do is for others to say."""
    report = Report()
    _attempt("capabilities", report, _drop_capabilities)
    if plan.version == 0:
        report.missing.extend(("files", "network", "signals"))
    else:
        held = _attempt("files", report, lambda: _confine(place, plan))
        for name, has in (("network", landlock.has_network), ("signals", landlock.has_scopes)):
            (report.in_force if held and has(plan.version) else report.missing).append(name)
    _attempt("calls", report, lambda: seccomp.install(plan.refused))
    return report


def rehearse(place: str, plan: Plan) -> Report:
    """What would be in force, as a process that is thrown away finds out."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            forgo_privileges()
            report = enter(place, plan)
            _confirm(report)
            os.write(theirs, json.dumps(dataclasses.asdict(report)).encode())
        os._exit(0)
    os.close(theirs)
    with open(ours, "rb") as told:
        answer = told.read()
    os.waitpid(child, 0)
    return Report(**json.loads(answer)) if answer else Report(missing=["everything"])


def _confirm(report: Report) -> None:
    """Tries what must fail now."""
    if "files" in report.in_force:
        _must_fail(lambda: os.listdir("/"))
    if "calls" in report.in_force:
        _must_fail(os.setsid)


def _must_fail(action: Callable[[], object]) -> None:
    try:
        action()
    except PermissionError:
        return
    raise AssertionError("the sandbox lets it through")


def _attempt(name: str, report: Report, action: Callable[[], None]) -> bool:
    try:
        action()
    except OSError:
        report.missing.append(name)
        return False
    report.in_force.append(name)
    return True


def _confine(place: str, plan: Plan) -> None:
    rules = landlock.Ruleset(plan.version, plan.ports)
    rules.allow(place, landlock.OWN)
    rules.allow(os.devnull, landlock.READ | landlock.WRITE_FILE | landlock.TRUNCATE)
    for path in plan.readable:
        rules.allow(path, landlock.READ)
    for path in plan.runnable:
        rules.allow(path, landlock.READ | landlock.EXECUTE)
    rules.enforce()


def _drop_capabilities() -> None:
    """All of root's powers but that to look past the owners of files."""
    _libc.prctl(_PR_CAP_AMBIENT, _CLEAR_ALL, 0, 0, 0)
    for number in range(_MOST_CAPABILITIES):
        if not _KEPT_CAPABILITIES >> number & 1:
            _libc.prctl(_PR_CAPBSET_DROP, number, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    held = (ctypes.c_uint32 * 6)()
    if _libc.capget(header, held) != 0:
        raise OSError(ctypes.get_errno(), "capget")
    # Effective, permitted and inheritable, the lower 32 of each first.
    for index in range(6):
        held[index] &= _KEPT_CAPABILITIES if index in (0, 1) else 0
    if _libc.capset(header, held) != 0:
        raise OSError(ctypes.get_errno(), "capset")
