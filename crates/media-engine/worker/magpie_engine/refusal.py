"""Why we ourselves end a download that yt_dlp would go on with."""

from __future__ import annotations

from yt_dlp.utils import DownloadCancelled


class Refused(DownloadCancelled):
    """Raised from hooks. yt_dlp may raise it again as `Refused()`, so the reason is also kept where
    it was found."""

    def __init__(self, reason: str = "refused", detail: str = "") -> None:
        super().__init__(detail or reason)
        self.reason = reason
