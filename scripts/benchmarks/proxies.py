"""The gateway beside haproxy with `jwt_verify` and nginx: small requests through each to the same upstream, each on one core."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench import Bench
from figures import at_least, at_most, spread
from processes import Processes
from stack import TARGET, Magpie, setup

CONNECTIONS = 64
# Of the proxy, and of everything else.
PROXY_CORE, OTHER_CORE = "0", "1"
REQUESTS, CPU, P99 = 1.10, 0.92, 1.25
PATIENCE_SECONDS = 10
PATH = "/api/youtube/downloads?limit=1"
SECRET = "a secret of this measurement alone"
BODY = json.dumps({"items": [], "next_cursor": None, "padding": "x" * 240})

UPSTREAM = """{user} worker_processes 1; pid {home}/upstream.pid; error_log stderr error; events {{ worker_connections 2048; }}
http {{ access_log off; keepalive_requests 1000000000; client_body_temp_path {home}/a; proxy_temp_path {home}/b;
fastcgi_temp_path {home}/c; uwsgi_temp_path {home}/d; scgi_temp_path {home}/e; server {{ listen 127.0.0.1:{port} backlog=1024;
location / {{ default_type application/json; return 200 '{body}'; }} }} }}"""
NGINX = """{user} worker_processes 1; pid {home}/proxy.pid; error_log stderr error; events {{ worker_connections 2048; }}
http {{ access_log off; keepalive_requests 1000000000; client_body_temp_path {home}/f; proxy_temp_path {home}/g;
fastcgi_temp_path {home}/h; uwsgi_temp_path {home}/i; scgi_temp_path {home}/j;
upstream behind {{ server 127.0.0.1:{upstream}; keepalive 128; keepalive_requests 1000000000; }}
server {{ listen 127.0.0.1:{port} backlog=1024; location / {{ proxy_pass http://behind; proxy_http_version 1.1;
proxy_set_header Connection ""; }} }} }}"""
HAPROXY = """global
  nbthread 1
  maxconn 4096
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  http-reuse always
frontend front
  bind 127.0.0.1:{port}
  http-request set-var(txn.bearer) http_auth_bearer
  http-request set-var(txn.alg) var(txn.bearer),jwt_header_query('$.alg')
  http-request set-var(txn.sub) var(txn.bearer),jwt_payload_query('$.sub')
  http-request set-var(txn.exp) var(txn.bearer),jwt_payload_query('$.exp','int')
  http-request set-var(txn.now) date()
  http-request deny deny_status 401 unless {{ var(txn.alg) -m str HS256 }}
  http-request deny deny_status 401 unless {{ var(txn.bearer),jwt_verify(txn.alg,"{secret}") -m int 1 }}
  http-request deny deny_status 401 if {{ var(txn.exp),sub(txn.now) -m int lt 0 }}
  http-request set-header X-User %[var(txn.sub)]
  default_backend back
backend back
  server upstream 127.0.0.1:{upstream}
"""


@dataclass
class Candidate:
    name: str
    url: str
    token: str
    processes: Processes
    per_second: list[float] = field(default_factory=list)
    p99_ms: list[float] = field(default_factory=list)
    cpu_us: list[float] = field(default_factory=list)


def run(bench: Bench) -> None:
    setup("proxies")
    ports = dict(zip(("upstream", "nginx", "haproxy", "auth", "db"), _free_ports(5)))
    with tempfile.TemporaryDirectory(prefix="magpie-bench-proxies-") as scratch:
        home = Path(scratch)
        binds = {f"MAGPIE_{name.upper()}_BIND": f"127.0.0.1:{ports[name]}" for name in ("auth", "db")}
        user = "user root;" if os.geteuid() == 0 else ""
        common = {"home": home, "user": user, "body": BODY, "upstream": ports["upstream"], "secret": SECRET}
        with (
            Magpie(bench.standin, **binds) as magpie,
            _started(_nginx(home, "upstream", UPSTREAM.format(**common, port=ports["upstream"])), OTHER_CORE, ports["upstream"]),
            _gateway(magpie, ports) as gateway,
            _started(_haproxy(home, HAPROXY.format(**common, port=ports["haproxy"])), PROXY_CORE, ports["haproxy"]) as haproxy,
            _started(_nginx(home, "proxy", NGINX.format(**common, port=ports["nginx"])), PROXY_CORE, ports["nginx"]) as nginx,
        ):
            url, gateway_processes = gateway
            candidates = [
                Candidate("gateway", url, magpie.token, gateway_processes),
                Candidate("haproxy jwt_verify", _at(ports["haproxy"]), _hs256(), haproxy),
                Candidate("nginx, no token looked at", _at(ports["nginx"]), "-", nginx),
            ]
            _compare(candidates, bench.sizes.proxy_rounds, bench.sizes.proxy_seconds)


def _compare(candidates: list[Candidate], rounds: int, seconds: int) -> None:
    for number in range(rounds + 1):
        for candidate in candidates:
            _load(candidate, seconds if number else 1, is_counted=number > 0)
    for one in candidates:
        memory = sum(one.processes.pss_megabytes().values())
        told = f"{spread(one.per_second, '/s', 0)}; p99 {spread(one.p99_ms, 'ms', 2)}; CPU {spread(one.cpu_us, 'µs')}; {memory:.0f} MB"
        print(f"{one.name}, {CONNECTIONS} connections: {told}")
    ours, theirs = candidates[:2]
    of = lambda what: median(getattr(ours, what)) / median(getattr(theirs, what))  # noqa: E731
    print(f"over haproxy: requests {of('per_second'):.2f} {at_least(of('per_second'), REQUESTS)}, CPU {of('cpu_us'):.2f} {at_most(of('cpu_us'), CPU)}, p99 {of('p99_ms'):.2f} {at_most(of('p99_ms'), P99)}")


def _load(candidate: Candidate, seconds: int, *, is_counted: bool) -> None:
    before = candidate.processes.cpu_seconds()
    command = ["taskset", "-c", OTHER_CORE, "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency"]
    command += ["-H", f"Authorization: Bearer {candidate.token}", f"{candidate.url}{PATH}"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    cpu = candidate.processes.cpu_seconds() - before
    if "Non-2xx" in said or "Socket errors" in said:
        raise RuntimeError(f"{candidate.name}: {said}")
    requests = int(re.search(r"(\d+) requests in", said)[1])
    value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", said).groups()
    if is_counted:
        candidate.per_second.append(float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1]))
        candidate.p99_ms.append(float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit])
        candidate.cpu_us.append(1_000_000 * cpu / requests)


@contextmanager
def _gateway(magpie: Magpie, ports: dict[str, int]) -> Iterator[tuple[str, Processes]]:
    """A gateway of its own in front of the upstream, with the accounts of a whole Magpie."""
    settings = os.environ | {
        "MAGPIE_DATA_DIR": str(magpie.data),
        "MAGPIE_GATEWAY_BIND": "127.0.0.1:0",
        "MAGPIE_AUTH_URL": _at(ports["auth"]),
        "MAGPIE_DB_URL": _at(ports["db"]),
        "MAGPIE_YOUTUBE_URL": _at(ports["upstream"]),
        "MAGPIE_RATE_LIMIT_PER_MINUTE": "0",
        "MAGPIE_LOG": "warn",
    }
    command = ["taskset", "-c", PROXY_CORE, TARGET / "gateway"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=settings)
    try:
        yield process.stdout.readline().removeprefix("ready ").strip(), Processes(process.pid)
    finally:
        process.terminate()
        process.wait()


@contextmanager
def _started(command: list[str], core: str, port: int) -> Iterator[Processes]:
    process = subprocess.Popen(["taskset", "-c", core, *command])
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"{command[0]} did not start") from None
                time.sleep(0.02)
        yield Processes(process.pid)
    finally:
        process.terminate()
        process.wait()


def _nginx(home: Path, name: str, configuration: str) -> list[str]:
    path = home / f"{name}.conf"
    path.write_text(configuration)
    return [_program("nginx"), "-p", str(home), "-e", "stderr", "-c", str(path), "-g", "daemon off;"]


def _haproxy(home: Path, configuration: str) -> list[str]:
    path = home / "haproxy.cfg"
    path.write_text(configuration)
    return [_program("haproxy"), "-q", "-db", "-f", str(path)]


def _program(name: str) -> str:
    return shutil.which(name) or f"/usr/sbin/{name}"


def _hs256() -> str:
    encoded = lambda raw: base64.urlsafe_b64encode(raw).rstrip(b"=").decode()  # noqa: E731
    claims = {"sub": "1", "exp": int(time.time()) + 86_400, "iss": "magpie", "aud": "magpie-api"}
    signed = ".".join(encoded(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
    return f"{signed}.{encoded(hmac.digest(SECRET.encode(), signed.encode(), hashlib.sha256))}"


def _at(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def _free_ports(count: int) -> list[int]:
    """All held until the last is known, so that no two are the same."""
    sockets = [socket.socket() for _ in range(count)]
    for free in sockets:
        free.bind(("127.0.0.1", 0))
    ports = [free.getsockname()[1] for free in sockets]
    for free in sockets:
        free.close()
    return ports
