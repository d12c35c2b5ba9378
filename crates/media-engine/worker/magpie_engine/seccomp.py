"""Seccomp: system calls that no job needs are refused, for the process and all that it starts.

Refused, not punished: a library that only tries one gets an error and goes another way."""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import struct

_PR_SET_SECCOMP, _MODE_FILTER = 22, 2
_SET_MODE_FILTER, _SPEC_ALLOW = 1, 1 << 2
_RETURN_ERRNO, _RETURN_ALLOW = 0x00050000, 0x7FFF0000

_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _JUMP_ANY_BIT, _AND, _RETURN = (
    0x20,
    0x15,
    0x35,
    0x45,
    0x54,
    0x06,
)
_NUMBER_AT, _ARCHITECTURE_AT, _ARGUMENTS_AT = 0, 4, 16
_X32_BIT = 0x40000000
_TYPE_MASK = 0xF
# CLONE_NEWTIME is a bit that clone(2) means otherwise.
_NEW_NAMESPACES = 0x7E020000

# By architecture, as the kernel names it: its token, and the system calls that matter here.
_TOKENS = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

# Name: numbers on x86_64 and aarch64; none where there is no such call.
_REFUSED: dict[str, tuple[int | None, int | None]] = {
    # Other processes.
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    "setpriority": (141, 140),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
    "sched_setattr": (314, 274),
    "ioprio_set": (251, 30),
    # A process that leaves its group could not be ended with it.
    "setsid": (112, 157),
    "setpgid": (109, 154),
    # The machine.
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "open_tree_attr": (467, 467),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "reboot": (169, 142),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "adjtimex": (159, 171),
    "clock_adjtime": (305, 266),
    "syslog": (103, 116),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "vhangup": (153, 58),
    "iopl": (172, None),
    "ioperm": (173, None),
    "init_module": (175, 105),
    "delete_module": (176, 106),
    "finit_module": (313, 273),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    # Large, seldom used, and often where a kernel breaks.
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "fanotify_init": (300, 262),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "unshare": (272, 97),
    "setns": (308, 268),
    # These do what other calls do, past this filter.
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    # Memory that belongs to no process, or outlives it.
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "semget": (64, 190),
    "semctl": (66, 191),
    "msgget": (68, 186),
    "msgctl": (71, 187),
    "mq_open": (240, 180),
    # Nothing here serves anyone.
    "bind": (49, 200),
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
}
_CLONE = (56, 220)
_CLONE3 = (435, 435)
_SOCKET = (41, 198)
# Each with the place of its flags among the arguments.
_SENDING = (((44, 206), 3), ((46, 211), 2), ((307, 269), 3))
# Connects without asking landlock, where that is young.
_FAST_OPEN = 0x20000000
_PRLIMIT = (302, 261)
_SECCOMP = (317, 277)

_libc = ctypes.CDLL(None, use_errno=True)


def program(*, has_guard: bool) -> bytes:
    """The filter for this machine, or nothing where there is none. Where all traffic takes a guard,
    no network but TCP is left."""
    machine = os.uname().machine
    if machine not in _TOKENS or struct.calcsize("P") != 8:
        return b""
    return _program(machine, has_guard=has_guard)


def install(filters: bytes) -> None:
    """From here on, for good.

    Raises OSError where the kernel cannot, or there is no filter."""
    if not filters:
        raise OSError(errno.ENOSYS, "no filter for this machine")
    steps = ctypes.create_string_buffer(filters, len(filters))
    length = len(filters) // struct.calcsize("HBBI")
    header = struct.pack("HxxxxxxQ", length, ctypes.addressof(steps))
    call = _SECCOMP[_column(os.uname().machine)]
    # Without the flag, older kernels slow the process down for the sake of Spectre.
    if _libc.syscall(call, _SET_MODE_FILTER, _SPEC_ALLOW, header) == 0:
        return
    if _libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, header, 0, 0) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


def _column(machine: str) -> int:
    return list(_TOKENS).index(machine)


def _program(machine: str, *, has_guard: bool) -> bytes:
    column = _column(machine)
    refuse, unknown = _refusal(errno.EPERM), _refusal(errno.ENOSYS)
    steps = [
        _step(_LOAD, _ARCHITECTURE_AT),
        # Another instruction set has other numbers: none of its calls is ours.
        _step(_JUMP_EQUAL, _TOKENS[machine], 1, 0),
        unknown,
        _step(_LOAD, _NUMBER_AT),
    ]
    if machine == "x86_64":
        steps += [_step(_JUMP_AT_LEAST, _X32_BIT, 0, 1), unknown]
    for numbers in _REFUSED.values():
        if (number := numbers[column]) is not None:
            steps += [_step(_JUMP_EQUAL, number, 0, 1), refuse]
    # Its flags lie in memory, where they cannot be seen; the C library then uses clone.
    steps += [_step(_JUMP_EQUAL, _CLONE3[column], 0, 1), unknown]
    steps += _only_if(_CLONE[column], [_argument(0), _step(_JUMP_ANY_BIT, _NEW_NAMESPACES, 0, 1)])
    # The limits of others, of the engine above all.
    steps += _only_if(_PRLIMIT[column], [_argument(0), _step(_JUMP_EQUAL, 0, 1, 0)])
    for numbers, flags in _SENDING:
        test = [_argument(flags), _step(_JUMP_ANY_BIT, _FAST_OPEN, 0, 1)]
        steps += _only_if(numbers[column], test)
    steps += _sockets(_SOCKET[column], has_guard=has_guard)
    steps.append(_step(_RETURN, _RETURN_ALLOW))
    return b"".join(steps)


def _only_if(number: int, test: list[bytes]) -> list[bytes]:
    """Where it is this call: refused if the test goes on to the next step, allowed if it skips it."""
    body = [*test, _refusal(errno.EPERM), _step(_RETURN, _RETURN_ALLOW)]
    return [_step(_JUMP_EQUAL, number, 0, len(body)), *body]


def _sockets(number: int, *, has_guard: bool) -> list[bytes]:
    """TCP, and UDP where names are resolved here. No sockets of the file system, which reach
    whatever serves on this machine; a pair of them is another call."""
    kinds = [socket.SOCK_STREAM] if has_guard else [socket.SOCK_STREAM, socket.SOCK_DGRAM]
    refuse = _refusal(errno.EPERM)
    body = [
        _argument(0),
        _step(_JUMP_EQUAL, socket.AF_INET, 2, 0),
        _step(_JUMP_EQUAL, socket.AF_INET6, 1, 0),
        refuse,
        # Not TCP's younger brothers, whose connections landlock does not see.
        _argument(2),
        _step(_JUMP_EQUAL, 0, 3, 0),
        _step(_JUMP_EQUAL, socket.IPPROTO_TCP, 2, 0),
        _step(_JUMP_EQUAL, socket.IPPROTO_UDP, 1, 0),
        refuse,
        _argument(1),
        _step(_AND, _TYPE_MASK),
    ]
    for kind in kinds:
        body += [_step(_JUMP_EQUAL, kind, 0, 1), _step(_RETURN, _RETURN_ALLOW)]
    body.append(refuse)
    return [_step(_JUMP_EQUAL, number, 0, len(body)), *body]


def _argument(index: int) -> bytes:
    """The lower half of an argument, on machines that put it first, as both of ours do."""
    return _step(_LOAD, _ARGUMENTS_AT + 8 * index)


def _refusal(number: int) -> bytes:
    return _step(_RETURN, _RETURN_ERRNO | number)


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, value)
