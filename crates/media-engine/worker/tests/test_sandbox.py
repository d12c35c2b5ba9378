"""A process in the sandbox tries what a hostile page could make a worker try."""

from __future__ import annotations

import ctypes
import errno
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest
from dataclasses import dataclass
from typing import Any

from magpie_engine import landlock, process, sandbox, seccomp

CASES = os.path.join(os.path.dirname(__file__), "sandbox_cases.json")
_SECONDS = 20
libc = ctypes.CDLL(None, use_errno=True)


@dataclass
class FewSettings:
    """What a plan is made of."""

    tools_dir: str
    home_dir: str
    connect_ports: list[int]
    is_confined: bool = True


def check(result: int) -> None:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def call(name: str) -> int:
    """The number of a system call."""
    column = ["x86_64", "aarch64"].index(os.uname().machine)
    number = {"clone": (56, 220)}.get(name, seccomp._REFUSED.get(name, (None, None)))[column]
    assert number is not None
    return number


class Attempts(unittest.TestCase):
    def setUp(self) -> None:
        self.work = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.work)
        for name in ("place", "outside", "tools"):
            os.mkdir(os.path.join(self.work, name))
        with open(self._at("outside", "canary"), "w", encoding="ascii") as canary:
            canary.write("sings")
        self.guard, self.stranger = (self._listener() for _ in range(2))
        settings = FewSettings(self._at("tools"), self._at("place"), [self._port(self.guard)])
        self.confinement = sandbox.Confinement.of(settings)  # type: ignore[arg-type]

    def _at(self, *parts: str) -> str:
        return os.path.join(self.work, *parts)

    def _listener(self) -> socket.socket:
        # Both kinds of address, so that one test each will do.
        listener = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
        self.addCleanup(listener.close)
        return listener

    @staticmethod
    def _port(listener: socket.socket) -> int:
        return int(listener.getsockname()[1])

    def _names(self) -> dict[str, Any]:
        return {
            **{module.__name__: module for module in (os, shutil, socket, subprocess, sys)},
            "sandbox": sandbox,
            "libc": libc,
            "check": check,
            "call": call,
            "place": self._at("place"),
            "outside": self._at("outside"),
            "guard": self._port(self.guard),
            "stranger": self._port(self.stranger),
        }

    def _attempt(self, code: str) -> str:
        """How it ends in a process of its own, as a worker would try it."""
        ours, theirs = os.pipe()
        child = os.fork()
        if child == 0:
            answer = "fine"
            try:
                signal.alarm(_SECONDS)
                null = os.open(os.devnull, os.O_WRONLY)
                os.dup2(null, 2)
                os.setsid()
                process.forgo_privileges()
                os.chdir(self._at("place"))
                self.confinement.enter(self._at("place"))
                exec(code, self._names())  # noqa: S102 that is what is tested
            except BaseException as error:  # noqa: BLE001 whatever it is, it is the answer
                answer = type(error).__name__
            os.write(theirs, answer.encode())
            os._exit(1 if answer != "fine" else 0)
        os.close(theirs)
        with open(ours, "rb") as told:
            answer = told.read().decode()
        os.waitpid(child, 0)
        return answer or "no answer"

    @unittest.skipIf(not landlock.has_scopes(landlock.version()), "an old kernel")
    def test_everything_is_in_force_on_a_kernel_that_has_it_all(self) -> None:
        self.assertEqual(self.confinement.report.missing, [])

    @unittest.skipIf(not landlock.has_scopes(landlock.version()), "an old kernel")
    def test_every_attempt_ends_as_it_should(self) -> None:
        with open(CASES, encoding="utf-8") as file:
            cases = json.load(file)
        for case in cases:
            with self.subTest(case["name"]):
                self.assertIn(self._attempt(case["run"]), case["expect"].split("|"))
        with open(self._at("outside", "canary"), encoding="ascii") as canary:
            self.assertEqual(canary.read(), "sings")
        self.assertEqual(os.listdir(self._at("outside")), ["canary"])
        self.stranger.setblocking(False)
        with self.assertRaises(BlockingIOError):
            self.stranger.accept()

    def test_what_the_kernel_lacks_is_told_and_the_rest_holds(self) -> None:
        plan = self.confinement._plan
        assert plan is not None
        old = sandbox.Plan(plan.readable, plan.runnable, plan.ports, 0, b"")
        report = sandbox.rehearse(self._at("place"), old)
        self.assertEqual(report.missing, ["files", "network", "signals", "calls"])
        self.assertEqual(report.in_force, ["capabilities"])
        if plan.version:
            first = sandbox.Plan(plan.readable, plan.runnable, plan.ports, 1, plan.refused)
            report = sandbox.rehearse(self._at("place"), first)
            self.assertEqual(report.missing, ["network", "signals"])

    def test_a_worker_that_is_less_confined_than_told_does_not_work(self) -> None:
        told = sandbox.Report(["everything"], [])
        self.confinement = sandbox.Confinement(self.confinement._plan, told)
        self.assertEqual(self._attempt("pass"), "RuntimeError")

    def test_a_sandbox_that_is_off_says_nothing(self) -> None:
        settings = FewSettings(self._at("tools"), self._at("place"), [], is_confined=False)
        off = sandbox.Confinement.of(settings)  # type: ignore[arg-type]
        self.assertEqual(off.report, sandbox.Report())
        self.assertFalse(off.holds_groups)


class Filter(unittest.TestCase):
    def test_both_architectures_have_a_filter_that_the_kernel_could_take(self) -> None:
        for machine in ("x86_64", "aarch64"):
            for has_guard in (False, True):
                steps = seccomp._program(machine, has_guard=has_guard)
                self.assertEqual(len(steps) % 8, 0)
                self.assertLess(len(steps) // 8, 4096)

    def test_without_a_guard_names_can_be_asked_for(self) -> None:
        child = os.fork()
        if child == 0:
            process.forgo_privileges()
            seccomp.install(seccomp.program(has_guard=False))
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM).close()
            try:
                socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)
            except OSError as error:
                os._exit(0 if error.errno == errno.EPERM else 2)
            os._exit(1)
        self.assertEqual(os.waitpid(child, 0)[1], 0)


class Open(unittest.TestCase):
    def test_only_what_is_kept_stays_open(self) -> None:
        pipes = [os.pipe() for _ in range(3)]
        kept = pipes[1][0]
        child = os.fork()
        if child == 0:
            process.close_all_but({0, 1, 2, kept})
            open_now = []
            for fd in range(64):
                try:
                    os.fstat(fd)
                    open_now.append(fd)
                except OSError:
                    pass
            os._exit(0 if open_now == [0, 1, 2, kept] else 1)
        self.assertEqual(os.waitpid(child, 0)[1], 0)
        for fd in (fd for pair in pipes for fd in pair):
            os.close(fd)
