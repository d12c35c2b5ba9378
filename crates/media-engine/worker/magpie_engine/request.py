"""What a worker is asked to do."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .wire import Message

_LANGUAGE = re.compile(r"[A-Za-z0-9]{1,8}(-[A-Za-z0-9]{1,8})*")


@dataclass(frozen=True)
class Common:
    """What every request has."""

    url: str
    directory: str
    """Where to work; it exists, is private and is empty or the job's own from an earlier attempt."""
    cache: str
    """Of this worker alone."""
    cookies: str | None
    """A cookie file of this request alone."""
    proxy: str | None
    """In place of the settings'; its credentials are good for this request alone."""


@dataclass(frozen=True)
class InfoRequest(Common):
    pass


@dataclass(frozen=True)
class PictureRequest(Common):
    max_bytes: int


@dataclass(frozen=True)
class ListRequest(Common):
    first: int
    """The index of the first entry that is wanted, from 1."""
    last: int
    """The index of the last one; below `first` where none is wanted."""


@dataclass(frozen=True)
class DownloadRequest(Common):
    format: str
    height: int | None
    audio_kbps: int | None
    subtitle_languages: list[str] = field(default_factory=list)
    embed_metadata: bool = False
    sponsorblock_remove: list[str] = field(default_factory=list)
    found: str | None = None
    """A copy of what a probe saved a short while ago."""

    @property
    def is_audio(self) -> bool:
        return self.format in ("mp3", "m4a", "opus")

    def languages(self) -> list[str]:
        """Only what is a language tag: yt_dlp reads them as regular expressions, and `all` as an
        order."""
        tags = (tag for tag in self.subtitle_languages if _LANGUAGE.fullmatch(tag))
        return [tag for tag in tags if tag != "all"]


Request = InfoRequest | PictureRequest | ListRequest | DownloadRequest

_KINDS: dict[str, type[Request]] = {
    "info": InfoRequest,
    "picture": PictureRequest,
    "list": ListRequest,
    "download": DownloadRequest,
}


def from_message(message: Message) -> Request:
    fields = dict(message)
    return _KINDS[fields.pop("op")](**fields)
