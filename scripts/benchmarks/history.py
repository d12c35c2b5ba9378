"""List, status and claim among a million finished and 100,000 waiting rows, beside hardly any."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import os
import sqlite3
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable
from contextlib import contextmanager
from collections.abc import Iterator
from pathlib import Path

from bench import Bench
from figures import at_most
from postgres import Postgres
from stack import TARGET

SECRET = "the secret of a measurement"
GROWTH = 2.0
USERS = 1_000
# Who asks: one with so many downloads, and one with many.
OWN, MANY = 100, 10_000
ASKING, COLLECTING = 1, 2

USER = """INSERT INTO users (id, username, username_folded, email, email_folded, password_hash, role,
    is_active, created_at) SELECT n, 'u' || n, 'u' || n, 'e' || n, 'e' || n, 'h', 'user', {yes}, 0 FROM {numbers}"""
COLUMNS = "id, user_id, kind, platform, url, video_id, title, format, quality, options, turn, created_at, status"
VALUES = """'00000000-0000-7000-8000-' || substr('000000000000' || ({first} + n), length('' || ({first} + n)) + 1),
    {user}, 'single', 'youtube', 'https://www.youtube.com/watch?v=aaaaaaaaaaa', 'aaaaaaaaaaa', 'A title of a usual length',
    'mp4', 'best', '{{"subtitles":null,"embed_metadata":false,"sponsorblock_remove":[]}}', n, n"""
FINISHED = f"""INSERT INTO downloads ({COLUMNS}, progress, file_key, filename, file_size, file_crc32,
    file_sha256, attempts, fence, started_at, completed_at) SELECT {VALUES}, 'completed', 100, 'singlelink/' || n || '/a.mp4',
    'A title of a usual length.mp4', 1000000, 1, '{"00" * 32}', 1, 1, n, n FROM {{numbers}}"""
WAITING = f"INSERT INTO downloads ({COLUMNS}) SELECT {VALUES}, 'pending' FROM {{numbers}}"


class Service:
    """db-service as a process of its own, asked as its neighbours ask."""

    def __init__(self, database_url: str, home: Path) -> None:
        environment = os.environ | {
            "MAGPIE_DATA_DIR": str(home),
            "MAGPIE_DATABASE_URL": database_url,
            "MAGPIE_DB_BIND": "127.0.0.1:0",
            "MAGPIE_INTERNAL_SECRET": SECRET,
            "MAGPIE_LOG": "error",
        }
        self._process = subprocess.Popen([TARGET / "db-service"], stdout=subprocess.PIPE, text=True, env=environment)
        assert self._process.stdout is not None
        address = self._process.stdout.readline().strip().removeprefix("ready http://")
        self._connection = http.client.HTTPConnection(address)

    def call(self, method: str, path: str, body: object = None) -> object:
        headers = {"x-magpie-identity": _identity(), "content-type": "application/json"}
        self._connection.request(method, f"/internal{path}", json.dumps(body) if body else None, headers)
        response = self._connection.getresponse()
        text = response.read()
        if response.status >= 400:
            raise RuntimeError(f"{method} {path}: {response.status} {text.decode()}")
        return json.loads(text)

    def stop(self) -> None:
        self._connection.close()
        self._process.terminate()
        self._process.wait()


def _identity() -> str:
    """What one process of Magpie vouches with to another."""
    now = int(time.time())
    header = {"typ": "magpie-identity+jwt", "alg": "HS256"}
    claims = {"aud": "magpie-internal", "iat": now, "exp": now + 60, "service": "youtube-service"}
    signed = ".".join(_base64(json.dumps(part).encode()) for part in (header, claims))
    key = hashlib.sha256(b"magpie internal identity v1\0" + SECRET.encode()).digest()
    return f"{signed}.{_base64(hmac.digest(key, signed.encode(), 'sha256'))}"


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def run(bench: Bench) -> None:
    for database, opened in (("sqlite", _sqlite), ("postgres", _postgres)):
        found = {}
        for kind, finished, waiting in (
            ("few", 0, bench.sizes.asked * 2),
            ("many", bench.sizes.history_finished, bench.sizes.history_waiting),
        ):
            with opened(lambda numbers, yes: _rows(finished, waiting, numbers, yes)) as service:
                found[kind] = _measure(service, bench.sizes.asked)
        for question, few in found["few"].items():
            many = found["many"][question]
            told = ", ".join(f"p{part} {_at(few, part):.2f} → {_at(many, part):.2f} ms" for part in (50, 99))
            growth = _at(many, 99) / _at(few, 99)
            print(f"{database}, {question}: {told}; p99 {growth:.2f} {at_most(growth, GROWTH)}", flush=True)


def _rows(finished: int, waiting: int, numbers: Callable[[int], str], yes: str) -> list[str]:
    """The statements that fill a database. Ids grow from the finished to the waiting, as in life."""
    others = f"{COLLECTING + 1} + n % {USERS - COLLECTING}"
    plan = [
        (FINISHED, 0, others, finished),
        (FINISHED, 2_000_000, str(COLLECTING), MANY),
        (FINISHED, 3_000_000, str(ASKING), OWN),
        (WAITING, 4_000_000, others, waiting),
    ]
    users = USER.format(yes=yes, numbers=numbers(USERS))
    return [users, *(sql.format(first=first, user=user, numbers=numbers(count)) for sql, first, user, count in plan if count)]


Fill = Callable[[Callable[[int], str], str], list[str]]


@contextmanager
def _sqlite(fill: Fill) -> Iterator[Service]:
    with tempfile.TemporaryDirectory(prefix="magpie-bench-history-") as home:
        path = Path(home, "magpie.db")
        _made(f"sqlite://{path}", Path(home))
        numbers = "(WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {}) SELECT n FROM numbers)"
        with sqlite3.connect(path) as connection:
            for statement in fill(numbers.format, "1"):
                connection.execute(statement)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        yield from _running(f"sqlite://{path}", Path(home))


@contextmanager
def _postgres(fill: Fill) -> Iterator[Service]:
    with Postgres() as server, tempfile.TemporaryDirectory(prefix="magpie-bench-history-") as home:
        _made(server.url, Path(home))
        server.execute(*fill("generate_series(1, {}) AS n".format, "TRUE"), "VACUUM ANALYZE", "CHECKPOINT")
        yield from _running(server.url, Path(home))


def _made(url: str, home: Path) -> None:
    """Has the service make its tables."""
    Service(url, home).stop()


def _running(url: str, home: Path) -> Iterator[Service]:
    service = Service(url, home)
    try:
        yield service
    finally:
        service.stop()


def _measure(service: Service, asked: int) -> dict[str, list[float]]:
    node = str(uuid.uuid4())
    claim = {"platform": "youtube", "node_id": node, "slots": 1, "lease_ms": 60_000}
    own = [item["id"] for item in service.call("GET", f"/users/{ASKING}/downloads?limit=50")["items"]]

    def claim_one(_: int) -> None:
        assert len(service.call("POST", "/jobs/claim", claim)) == 1

    questions = {
        "list": lambda _: service.call("GET", f"/users/{ASKING}/downloads?limit=50"),
        f"list of one who has {MANY:,}": lambda _: service.call("GET", f"/users/{COLLECTING}/downloads?limit=50"),
        "status": lambda turn: service.call("GET", f"/users/{ASKING}/downloads/{own[turn % len(own)]}"),
        "claim": claim_one,
    }
    return {name: _timed(question, asked) for name, question in questions.items()}


def _timed(question: Callable[[int], object], asked: int) -> list[float]:
    for turn in range(asked // 10):
        question(turn)
    took = []
    for turn in range(asked):
        started = time.perf_counter()
        question(turn)
        took.append(1000 * (time.perf_counter() - started))
    return sorted(took)


def _at(ordered: list[float], part: int) -> float:
    return ordered[min(len(ordered) * part // 100, len(ordered) - 1)]
