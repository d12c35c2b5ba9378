"""Walks a list of videos (a playlist, a channel's tab, a mix), asking the site for no more of it
than is wanted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from .refusal import Refused
from .request import ListRequest
from .toolkit import Session
from .wire import Message, number, text, whole

Info = dict[str, Any]

# Fits into one message, whatever the titles are.
_ENTRIES_A_MESSAGE = 100
_MOST_TITLE_CHARS = 500
_MOST_ID_CHARS = 256
_MOST_REDIRECTIONS = 5
# Where so many in a row are lists themselves, no video will follow.
_MOST_NESTED = 200
_LISTS = ("playlist", "multi_video")
# Lists that go on for as long as anyone asks, by yt_dlp's extractor and the list's id: YouTube makes
# up its mixes on the way. Its own radio lists, which are also called RD…, say how long they are.
_ENDLESS = {"YoutubeTab": re.compile("RD")}


def run(request: ListRequest, session: Session, send: Callable[[Message], None]) -> None:
    """Tells of the list, then of its entries from `first` to `last`, as they come.

    Entries are taken straight from the extractor, which asks for the next page of the site when it
    has none left: yt_dlp's own way through a playlist keeps all of it in memory."""
    listing = _open(request.url, session)
    send({"ev": "list", **_describe(listing)})
    walk = Walk(request, send)
    told_before = len(session.recorder.warnings)
    try:
        for video in _videos(listing, session):
            if walk.is_over_with(video):
                return
    except Exception:
        if walk.has_all():
            # Only what is behind the last entry that was wanted did not come.
            walk.end(has_more=True)
            return
        # The next attempt goes on after what has come.
        walk.hand_over(has_more=True)
        raise
    is_cut = _is_cut(listing, walk.reached, session.recorder.warnings[told_before:])
    if is_cut and not walk.has_all():
        walk.hand_over(has_more=True)
        raise Refused("list_cut", f"{walk.reached} entries came of {listing['playlist_count']}")
    walk.end(has_more=is_cut)


def _open(url: str, session: Session) -> Info:
    """The list that this address leads to, its entries still unasked for."""
    found = session.extract_info(url, download=False, process=False)
    for _ in range(_MOST_REDIRECTIONS):
        if not found or found.get("_type") not in ("url", "url_transparent"):
            break
        if _kind(found, session) == "video":
            raise Refused("no_list", f"{url} leads to a video")
        found = session.extract_info(
            found["url"], ie_key=found.get("ie_key"), download=False, process=False
        )
    if not found:
        raise LookupError("nothing was found")
    if found.get("_type") not in _LISTS:
        raise Refused("no_list", f"{url} leads to no list")
    return dict(found)


def _describe(listing: Info) -> Message:
    identity = text(listing.get("id"))
    count = whole(listing.get("playlist_count"))
    pattern = _ENDLESS.get(str(listing.get("extractor_key")))
    return {
        "id": identity,
        "title": text(listing.get("title")),
        "uploader": text(listing.get("uploader") or listing.get("channel")),
        "total": count,
        "is_endless": bool(count is None and pattern and identity and pattern.match(identity)),
    }


class Walk:
    """Counts the entries, and hands over those that are wanted, at least one message of them. Each
    says whether the list goes on after it, which is why one more entry is looked at than is wanted."""

    def __init__(self, request: ListRequest, send: Callable[[Message], None]) -> None:
        self._request = request
        self._send = send
        self._waiting: list[Message] = []
        self.reached = 0
        """The index of the last entry that came."""

    def is_over_with(self, video: Info) -> bool:
        """Takes the next entry; whether no other is wanted."""
        index = self.reached + 1
        if index > self._request.last and index >= self._request.first:
            self.end(has_more=True)
            return True
        self.reached = index
        if index < self._request.first:
            if index % _ENTRIES_A_MESSAGE == 0:
                self._send({"ev": "walking"})
            return False
        if len(self._waiting) == _ENTRIES_A_MESSAGE:
            self.end(has_more=True)
        self._waiting.append(_entry(index, video))
        return False

    def has_all(self) -> bool:
        """Whether all that is wanted has come."""
        return self.reached >= max(self._request.last, self._request.first - 1)

    def hand_over(self, *, has_more: bool) -> None:
        """Sends what waits, if anything does."""
        if self._waiting:
            self.end(has_more=has_more)

    def end(self, *, has_more: bool) -> None:
        self._send({"ev": "entries", "entries": self._waiting, "has_more": has_more})
        self._waiting = []


def _is_cut(listing: Info, reached: int, warnings: list[str]) -> bool:
    """Whether the site stopped in the middle, which yt_dlp takes for the end and only warns of.

    A site may promise a few entries that it never shows: the promise alone proves nothing."""
    promised = whole(listing.get("playlist_count"))
    given_up = any("incomplete data received. giving up" in w.lower() for w in warnings)
    return given_up and promised is not None and reached < promised


def _videos(listing: Info, session: Session) -> Iterator[Info]:
    """The entries that are videos. Lists among them are never opened: they may hold anything, the
    list itself included."""
    nested = 0
    found_one = False
    for entry in listing.get("entries") or ():
        if not entry:
            continue
        identity = entry.get("id") or _id_by_address(entry, session)
        if not identity or len(str(identity)) > _MOST_ID_CHARS:
            continue
        if _kind(entry, session) == "list" or _is_of(listing, entry):
            nested += 1
            if nested == _MOST_NESTED and not found_one:
                break
            continue
        found_one = True
        yield {**entry, "id": identity}
    if nested and not found_one:
        raise Refused("lists_only", f"{nested} lists and no video")


def _kind(entry: Info, session: Session) -> str | None:
    """What is behind an entry, as far as can be told without asking for it."""
    if entry.get("_type") in _LISTS:
        return "list"
    if entry.get("_type", "video") == "video":
        return "video"
    extractor = session._ies.get(entry.get("ie_key"))
    returned = str(extractor._RETURN_TYPE) if extractor else ""
    return {"playlist": "list", "video": "video"}.get(returned)


def _is_of(listing: Info, entry: Info) -> bool:
    """Whether the entry is for the very extractor that made the list of it."""
    return bool(entry.get("ie_key")) and entry.get("ie_key") == listing.get("extractor_key")


def _id_by_address(entry: Info, session: Session) -> str | None:
    extractor = session._ies.get(entry.get("ie_key"))
    return extractor.get_temp_id(entry.get("url") or "") if extractor else None


def _entry(index: int, video: Info) -> Message:
    return {
        "index": index,
        "id": text(video["id"]),
        "title": (text(video.get("title")) or "")[:_MOST_TITLE_CHARS] or None,
        "duration": number(video.get("duration")),
    }
