"""How much of the disk a download takes."""

from __future__ import annotations

import unittest
from typing import Any

from magpie_engine.request import DownloadRequest
from magpie_engine.room import needed_bytes


def needed(streams: list[dict[str, Any]], format: str = "mp4", **more: Any) -> int | None:
    request = DownloadRequest(
        url="https://e/",
        directory="/d",
        cache="",
        cookies=None,
        proxy=None,
        format=format,
        height=None,
        **{"audio_kbps": None, **more},
    )
    return needed_bytes(request, {"duration": 100.0}, streams)


class Room(unittest.TestCase):
    def test_streams_that_are_put_together_count_twice(self) -> None:
        streams = [{"filesize": 700, "ext": "mp4"}, {"filesize_approx": 300, "ext": "m4a"}]
        self.assertEqual(needed(streams), 2000)

    def test_a_stream_that_is_kept_as_it_is_counts_once(self) -> None:
        stream = {"filesize": 700, "ext": "mp4"}
        self.assertEqual(needed([stream]), 700)
        self.assertEqual(needed([stream], format="webm"), 1400)
        for more in (
            {"embed_metadata": True},
            {"subtitle_languages": ["en"]},
            {"sponsorblock_remove": ["sponsor"]},
        ):
            self.assertEqual(needed([stream], **more), 1400, more)

    def test_a_sound_may_become_larger_than_it_was(self) -> None:
        sound = {"filesize": 1_000_000, "ext": "m4a"}
        self.assertEqual(needed([sound], format="m4a"), 2_000_000)
        self.assertEqual(needed([sound], format="mp3"), 1_000_000 + 2_400_000)
        self.assertEqual(needed([sound], format="mp3", audio_kbps=320), 1_000_000 + 4_000_000)
        self.assertEqual(needed([sound], format="mp3", audio_kbps=64), 2_000_000)

    def test_of_unknown_sizes_nothing_is_said(self) -> None:
        self.assertIsNone(needed([{"ext": "mp4"}, {"filesize": None}]))
        self.assertEqual(needed([{"ext": "mp4"}, {"filesize": 5}]), 10)


if __name__ == "__main__":
    unittest.main()
