"""What one user feels while others attack: slow connections, bad tokens, huge bodies, logins."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import resource
import time
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection
from statistics import quantiles

from bench import Bench
from figures import at_most
from stack import Magpie

# The machines of strangers are not the server: whatever else wants to run here goes before them.
NICENESS_OF_ATTACKERS = 19
# The user's requests, one after another.
PACE_SECONDS = 0.005
# How much slower than in quiet the slowest in a hundred may be, and how much memory may stay.
TARGET_RATIO = 5
TARGET_MEGABYTES = 16
# A client that is sent off in the middle of its body goes at the latest now.
PATIENCE_SECONDS = 20.0
# Requests under way at a time of those who show bad tokens.
BAD_TOKENS_AT_A_TIME = 20

Attack = Callable[["Target"], Awaitable[str]]


class Target:
    """Where to send raw requests, and how many."""

    def __init__(self, magpie: Magpie, bench: Bench) -> None:
        host, port = magpie.url.removeprefix("http://").split(":")
        self.host, self.port, self.token = host, int(port), magpie.token
        self.sizes = bench.sizes

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(self.host, self.port)

    def head(self, line: str, *headers: str) -> bytes:
        return "\r\n".join((f"{line} HTTP/1.1", f"Host: {self.host}:{self.port}", *headers, "", "")).encode()


def run(bench: Bench) -> None:
    _allow_files(2 * bench.sizes.slow_connections + 512)
    # Every login is to be looked at; 0 would switch off the limit of bad credentials, too.
    limits = {"MAGPIE_AUTH_RATE_LIMIT_PER_MINUTE": "1000000"}
    with Magpie(bench.standin, **limits) as magpie:
        magpie.warm()
        target = Target(magpie, bench)
        # What is made on first use is not growth.
        for attack in ATTACKS.values():
            _during(target, attack)
        quiet = asyncio.run(_quiet(target, bench.sizes.siege_seconds))
        print(f"quiet: {_percentiles(quiet)}")
        for name, attack in ATTACKS.items():
            before = sum(magpie.processes.pss_megabytes().values())
            with magpie.processes.peak_pss_megabytes() as peak:
                felt, outcome = _during(target, attack)
            time.sleep(2)
            growth = sum(magpie.processes.pss_megabytes().values()) - before
            slowdown = _p99(felt) / _p99(quiet)
            print(f"{name}: {outcome}")
            print(f"  the user: {_percentiles(felt)}; p99 {slowdown:.1f} × quiet {at_most(slowdown, TARGET_RATIO)}")
            print(f"  memory (PSS): at most {peak[-1] - before:+.0f} MB, afterwards {growth:+.0f} MB "
                  f"{at_most(growth, TARGET_MEGABYTES, ' MB')}")


async def _quiet(target: Target, seconds: float) -> list[float]:
    return await _user(target, asyncio.create_task(asyncio.sleep(seconds)))


def _during(target: Target, attack: Attack) -> tuple[list[float], str]:
    """What a user feels while a process of their own attacks."""
    receiver, sender = multiprocessing.Pipe(duplex=False)
    attackers = multiprocessing.get_context("fork").Process(target=_attack, args=(target, attack, sender))
    attackers.start()
    sender.close()

    async def feel() -> tuple[list[float], str]:
        outcome = asyncio.get_running_loop().run_in_executor(None, receiver.recv)
        return await _user(target, outcome), await outcome

    felt = asyncio.run(feel())
    attackers.join()
    return felt


def _attack(target: Target, attack: Attack, outcome: Connection) -> None:
    os.nice(NICENESS_OF_ATTACKERS)

    async def run() -> str:
        return await attack(target)

    outcome.send(asyncio.run(run()))


async def _user(target: Target, until: asyncio.Future[object]) -> list[float]:
    """How long each request of a user takes who asks for their downloads again and again."""
    reader, writer = await target.open()
    request = target.head("GET /api/youtube/downloads?limit=1", f"Authorization: Bearer {target.token}")
    seconds = []
    while not until.done() or len(seconds) < 100:
        started = time.perf_counter()
        writer.write(request)
        assert await _answer(reader) == 200
        seconds.append(time.perf_counter() - started)
        await asyncio.sleep(PACE_SECONDS)
    writer.close()
    return seconds


async def _answer(reader: asyncio.StreamReader) -> int:
    """The status of the next answer, which is read to its end; 0 if there is none."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        length = next((line for line in head.lower().split("\r\n") if line.startswith("content-length:")), ":0")
        await reader.readexactly(int(length.split(":")[1]))
        return int(head.split(" ")[1])
    except (asyncio.IncompleteReadError, ConnectionError):
        return 0


async def _slow_connections(target: Target) -> str:
    """A byte of a head every second, from each."""

    async def dribble() -> float:
        started = time.monotonic()
        reader, writer = await target.open()
        try:
            writer.write(b"GET /livez HTTP/1.1\r\nx: ")
            while time.monotonic() - started < PATIENCE_SECONDS and not reader.at_eof():
                writer.write(b"y")
                await writer.drain()
                await asyncio.sleep(1)
        except ConnectionError:
            pass
        finally:
            writer.close()
        return time.monotonic() - started

    lasted = await asyncio.gather(*(dribble() for _ in range(target.sizes.slow_connections)))
    return f"{len(lasted)} at once, the last gone after {max(lasted):.0f} s"


async def _bad_tokens(target: Target) -> str:
    """Half are signed by nobody, half are API keys that nobody has."""
    total, started = target.sizes.bad_tokens, time.monotonic()
    numbers = iter(range(total))
    answers: dict[int, int] = {}

    async def ask() -> None:
        reader, writer = await target.open()
        for number in numbers:
            middle = "." + target.token.split(".")[1] + "."
            forged = target.token.split(".")[0] + middle + f"{number:086}"
            token = forged if number % 2 else f"mgp_{number:043}"
            writer.write(target.head("GET /api/youtube/downloads", f"Authorization: Bearer {token}"))
            status = await _answer(reader)
            answers[status] = answers.get(status, 0) + 1
        writer.close()

    await asyncio.gather(*(ask() for _ in range(BAD_TOKENS_AT_A_TIME)))
    return f"{total} in {time.monotonic() - started:.1f} s, answered {_counted(answers)}"


async def _huge_bodies(target: Target) -> str:
    """Of a gigabyte each, with and without a declared length, with and without a credential."""
    piece = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    answers: dict[int, int] = {}
    taken = 0

    async def send(framing: str, token: str) -> None:
        nonlocal taken
        reader, writer = await target.open()
        writer.write(target.head("POST /api/youtube/single/download", framing, f"Authorization: Bearer {token}"))
        try:
            for _ in range(16384):
                writer.write(piece)
                await writer.drain()
                taken += len(piece)
        except ConnectionError:
            pass
        status = await _answer(reader)
        answers[status] = answers.get(status, 0) + 1
        writer.close()

    framings = ("Content-Length: 1073741824", "Transfer-Encoding: chunked")
    sends = [send(framing, token) for framing in framings for token in ("bad", target.token)]
    for _ in range(target.sizes.huge_bodies // len(sends) - 1):
        sends += [send(framing, token) for framing in framings for token in ("bad", target.token)]
    await asyncio.gather(*sends)
    return f"{len(sends)} of 1 GB, of which {taken / 1e6:.0f} MB were taken, answered {_counted(answers)}"


async def _logins(target: Target) -> str:
    """All at once, each with a wrong password for an account of its own."""
    answers: dict[int, int] = {}
    started = time.monotonic()

    async def log_in(number: int) -> None:
        body = json.dumps({"login": f"nobody{number}", "password": "wrong horse battery"}).encode()
        reader, writer = await target.open()
        headers = ("Content-Type: application/json", f"Content-Length: {len(body)}")
        writer.write(target.head("POST /api/auth/login", *headers) + body)
        status = await _answer(reader)
        answers[status] = answers.get(status, 0) + 1
        writer.close()

    await asyncio.gather(*(log_in(number) for number in range(target.sizes.logins)))
    return f"{target.sizes.logins} in {time.monotonic() - started:.1f} s, answered {_counted(answers)}"


ATTACKS: dict[str, Attack] = {
    "slow connections": _slow_connections,
    "bad tokens": _bad_tokens,
    "huge bodies": _huge_bodies,
    "logins": _logins,
}


def _allow_files(count: int) -> None:
    """For us and for Magpie, which inherits it."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(count, 8192), most), most))


def _counted(answers: dict[int, int]) -> str:
    named = {(status or "cut off"): count for status, count in sorted(answers.items())}
    return ", ".join(f"{status}: {count}" for status, count in named.items())


def _p99(seconds: list[float]) -> float:
    return quantiles(seconds, n=100)[98]


def _percentiles(seconds: list[float]) -> str:
    cuts = quantiles(seconds, n=100)
    return f"p50 {1000 * cuts[49]:.1f} ms, p99 {1000 * cuts[98]:.1f} ms, n={len(seconds)}"
