"""What the zygote is told at its start, and never changes."""

from __future__ import annotations

from dataclasses import dataclass

from .wire import Message


@dataclass(frozen=True)
class Settings:
    """The first message on the control socket."""

    tools_dir: str
    """Holds `ffmpeg` and `ffprobe`."""
    home_dir: str
    """An empty directory: no settings, plugins or keys are found there."""
    proxy: str | None
    trusts_system: bool
    """Certificates come from the file in SSL_CERT_FILE instead of certifi's."""
    allowed_extractors: list[str]
    extractor_args: dict[str, dict[str, list[str]]]
    max_file_bytes: int
    max_memory_bytes: int
    is_confined: bool
    """Whether workers are put into a sandbox."""
    connect_ports: list[int]
    """The only ones that a confined worker may connect to; none where it goes to sites itself."""
    warm_up: str | None

    @classmethod
    def from_message(cls, message: Message) -> Settings:
        return cls(**{field: message[field] for field in cls.__dataclass_fields__})
