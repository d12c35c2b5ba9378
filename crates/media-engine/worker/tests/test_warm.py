"""Warming up, without a network."""

from __future__ import annotations

import os
import shutil
import tempfile
import unittest
from unittest import mock

from magpie_engine.settings import Settings
from magpie_engine.warm import warm_up

RECORDING = os.path.join(os.path.dirname(__file__), "../../tests/fixtures/youtube-warm-up.json")


class WarmUp(unittest.TestCase):
    def setUp(self) -> None:
        tools = tempfile.TemporaryDirectory()
        self.addCleanup(tools.cleanup)
        for name in ("ffmpeg", "ffprobe"):
            os.symlink(shutil.which(name) or "", os.path.join(tools.name, name))
        self.tools = tools.name

    def settings(self, recording: str | None) -> Settings:
        return Settings(
            tools_dir=self.tools,
            home_dir=self.tools,
            proxy=None,
            trusts_system=False,
            allowed_extractors=["youtube.*"],
            extractor_args={},
            max_file_bytes=1000,
            max_memory_bytes=1 << 30,
            is_confined=True,
            connect_ports=[],
            warm_up=recording,
        )

    def test_a_recorded_extraction_is_played_through_without_a_connection(self) -> None:
        with open(RECORDING, encoding="utf-8") as file:
            recording = file.read()
        with mock.patch("socket.socket.connect", side_effect=AssertionError("a connection")):
            _, report = warm_up(self.settings(recording))
        self.assertTrue(report["warmed_up"])

    def test_a_recording_that_does_not_fit_does_no_harm(self) -> None:
        for recording in (None, "no json", '{"url": "https://www.youtube.com/", "exchanges": []}'):
            toolkit, report = warm_up(self.settings(recording))
            self.assertNotIn("warmed_up", report)
            self.assertIn("Youtube", toolkit._extractors)


if __name__ == "__main__":
    unittest.main()
