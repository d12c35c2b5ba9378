"""What the tool of `scripts/check-api` is told about Magpie: how to log in, again where a request ended the
session, and real ids where a document can only say that there is one."""

import os
import time
import uuid

import requests
import schemathesis

URL = os.environ["MAGPIE_API_URL"]
ACCOUNT = {
    "username": os.environ["MAGPIE_API_USERNAME"],
    "password": os.environ["MAGPIE_API_PASSWORD"],
}
# Of every so many requests with an id, one keeps the id that was made up.
MADE_UP = 3
SECONDS = 30
VIDEO = "https://www.youtube.com/watch?v=OKAY_00000{}"

# By the beginning of the path: where such a thing is made, of what, the field of its id, where it is seen.
THINGS = {
    "/api/youtube/single/": ("single/download", {"url": VIDEO.format(1)}, "download_id", "single/status/{}"),
    "/api/youtube/multi/": ("multi/batch", {"urls": [VIDEO.format(2)]}, "batch_id", "multi/batch/{}"),
    "/api/youtube/playlist/": (
        "playlist/download",
        {"url": "https://www.youtube.com/playlist?list=PLstandin_of_00012", "items": "1"},
        "playlist_id",
        "playlist/status/{}",
    ),
}
made: dict[str, str] = {}
asked = 0


def log_in() -> str:
    answer = requests.post(f"{URL}/api/auth/login", json=ACCOUNT, timeout=SECONDS)
    answer.raise_for_status()
    return answer.json()["token"]


@schemathesis.auth(refresh_interval=None, retry_on=[401])
class Session:
    token: str | None = None

    def get(self, _case, _context) -> str:
        if Session.token is None or not self.is_alive():
            Session.token = log_in()
        return Session.token

    def is_alive(self) -> bool:
        return requests.get(f"{URL}/api/auth/profile", headers=bearer(), timeout=SECONDS).ok

    def set(self, case, token, _context) -> None:
        case.headers = case.headers or {}
        case.headers["Authorization"] = f"Bearer {token}"


def bearer() -> dict:
    return {"Authorization": f"Bearer {Session.token}"}


@schemathesis.hook
def before_call(_context, case, _kwargs) -> None:
    global asked
    kind = next((kind for kind in THINGS if case.operation.path.startswith(kind)), None)
    if kind is None or not is_an_id((case.path_parameters or {}).get("id")):
        return
    asked += 1
    if asked % MADE_UP and Session.token:
        case.path_parameters["id"] = one_of(kind)


def is_an_id(text) -> bool:
    try:
        return str(uuid.UUID(str(text))) == text
    except ValueError:
        return False


def one_of(kind: str) -> str:
    path, body, field, seen_at = THINGS[kind]
    known = made.get(kind)
    if known and get(seen_at.format(known)).ok:
        return known
    answer = requests.post(f"{URL}/api/youtube/{path}", json=body, headers=bearer(), timeout=SECONDS)
    if not answer.ok:
        # The session has just ended, or a quota was set: then nothing is made.
        return str(uuid.uuid4())
    made[kind] = answer.json()[field]
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        seen = get(seen_at.format(made[kind]))
        if not seen.ok or seen.json()["status"] not in ("pending", "downloading"):
            break
        time.sleep(0.05)
    return made[kind]


def get(path: str) -> requests.Response:
    return requests.get(f"{URL}/api/youtube/{path}", headers=bearer(), timeout=SECONDS)
