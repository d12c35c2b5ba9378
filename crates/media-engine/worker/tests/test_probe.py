"""What is told of a video's formats."""

from __future__ import annotations

import unittest
from typing import Any

from magpie_engine import probe

PICTURES = {"format_id": "1", "ext": "mp4", "vcodec": "avc1", "acodec": "none", "abr": 0, "tbr": 800.5, "height": 360}
SOUND = {"format_id": "2", "ext": "m4a", "vcodec": "none", "acodec": "mp4a.40.2", "abr": 128, "tbr": 0}
STORYBOARD = {"format_id": "sb0", "ext": "mhtml", "vcodec": "none", "acodec": "none"}


def formats(*found: dict[str, Any]) -> list[Any]:
    return list(probe.describe({"id": "v", "formats": list(found)})["formats"])


class Formats(unittest.TestCase):
    def test_what_is_neither_picture_nor_sound_is_left_out(self) -> None:
        self.assertEqual([found["format_id"] for found in formats(STORYBOARD, PICTURES)], ["1"])

    def test_a_rate_of_nothing_is_not_told(self) -> None:
        pictures, sound = formats(PICTURES, SOUND)
        self.assertEqual((pictures["abr"], pictures["tbr"]), (None, 800.5))
        self.assertEqual((sound["abr"], sound["tbr"]), (128.0, None))

    def test_a_codec_of_none_is_not_told(self) -> None:
        pictures, sound = formats(PICTURES, SOUND)
        self.assertEqual((pictures["vcodec"], pictures["acodec"]), ("avc1", None))
        self.assertEqual((sound["vcodec"], sound["acodec"]), (None, "mp4a.40.2"))


if __name__ == "__main__":
    unittest.main()
