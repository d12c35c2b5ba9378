"""Landlock: a process gives up access to files, ports and other processes, for itself and all it
starts, and nobody can give it back. See landlock(7)."""

from __future__ import annotations

import ctypes
import os
import stat
import struct

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_FLAG = 1
_PATH_BENEATH, _NET_PORT = 1, 2

EXECUTE = 1 << 0
WRITE_FILE = 1 << 1
READ_FILE = 1 << 2
READ_DIR = 1 << 3
REMOVE_DIR = 1 << 4
REMOVE_FILE = 1 << 5
MAKE_DIR = 1 << 7
MAKE_REG = 1 << 8
MAKE_FIFO = 1 << 10
REFER = 1 << 13
TRUNCATE = 1 << 14
_IOCTL_DEV = 1 << 15
_ALL_OF_THE_FIRST = (1 << 13) - 1
_FOR_PLAIN_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE

READ = READ_FILE | READ_DIR
# No devices, no sockets, and no links: whatever a worker leaves is a plain file or a directory.
OWN = (
    READ
    | WRITE_FILE
    | TRUNCATE
    | REMOVE_DIR
    | REMOVE_FILE
    | MAKE_DIR
    | MAKE_REG
    | MAKE_FIFO
    | REFER
)

_BIND_TCP, _CONNECT_TCP = 1, 2
_ABSTRACT_SOCKETS, _SIGNALS = 1, 2

# Which version of the interface brought what.
_REFER_SINCE, _TRUNCATE_SINCE, _NETWORK_SINCE, _IOCTL_SINCE, _SCOPES_SINCE = 2, 3, 4, 5, 6

_libc = ctypes.CDLL(None, use_errno=True)


def version() -> int:
    """The kernel's version of the interface; 0 where there is none, or it is turned off."""
    return max(0, int(_libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION_FLAG)))


def has_network(found: int) -> bool:
    return found >= _NETWORK_SINCE


def has_scopes(found: int) -> bool:
    return found >= _SCOPES_SINCE


class Ruleset:
    """What will still be allowed. Everything that the kernel can refuse is refused unless it is
    added here; of connections only where `ports` are given."""

    def __init__(self, found: int, ports: list[int]) -> None:
        self._handled = _handled_files(found)
        network = 0
        if has_network(found):
            network = _BIND_TCP | (_CONNECT_TCP if ports else 0)
        scopes = _ABSTRACT_SOCKETS | _SIGNALS if has_scopes(found) else 0
        words = 3 if has_scopes(found) else 2 if has_network(found) else 1
        attributes = struct.pack("3Q", self._handled, network, scopes)[: 8 * words]
        self._fd = _call(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0)
        if has_network(found):
            for port in ports:
                self._add(_NET_PORT, struct.pack("QQ", _CONNECT_TCP, port))

    def allow(self, path: str, access: int) -> None:
        """Allows this of a directory and all below it, or of a file. One that is not there is not
        needed either."""
        try:
            fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            return
        try:
            wanted = access & self._handled
            if not stat.S_ISDIR(os.fstat(fd).st_mode):
                wanted &= _FOR_PLAIN_FILES
            if wanted:
                self._add(_PATH_BENEATH, struct.pack("=Qi", wanted, fd))
        finally:
            os.close(fd)

    def enforce(self) -> None:
        """From here on. The process must have given up new privileges before."""
        _call(_RESTRICT_SELF, self._fd, 0)
        os.close(self._fd)

    def _add(self, kind: int, rule: bytes) -> None:
        _call(_ADD_RULE, self._fd, kind, rule, 0)


def _handled_files(found: int) -> int:
    handled = _ALL_OF_THE_FIRST
    for access, since in (
        (REFER, _REFER_SINCE),
        (TRUNCATE, _TRUNCATE_SINCE),
        (_IOCTL_DEV, _IOCTL_SINCE),
    ):
        if found >= since:
            handled |= access
    return handled


def _call(number: int, *arguments: object) -> int:
    result = int(_libc.syscall(number, *arguments))
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return result
