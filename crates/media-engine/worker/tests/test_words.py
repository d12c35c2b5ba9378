"""What crosses the process's border: words, failures, pictures, options."""

from __future__ import annotations

import json
import socket
import unittest

from yt_dlp.utils import DownloadError, ExtractorError

from magpie_engine import options
from magpie_engine.failure import describe
from magpie_engine.picture import sniff
from magpie_engine.refusal import Refused
from magpie_engine.request import DownloadRequest, from_message
from magpie_engine.settings import Settings
from magpie_engine.wire import Channel, number, text, whole


def settings() -> Settings:
    return Settings(
        tools_dir="/tools",
        home_dir="/home",
        proxy=None,
        trusts_system=False,
        allowed_extractors=["default"],
        extractor_args={},
        max_file_bytes=1000,
        max_memory_bytes=1 << 30,
        is_confined=True,
        connect_ports=[],
        warm_up=None,
    )


def request(**more: object) -> DownloadRequest:
    fields: dict[str, object] = {
        "op": "download",
        "url": "https://example.org/",
        "directory": "/job",
        "cache": "/cache",
        "cookies": None,
        "proxy": None,
        "format": "mp4",
        "height": 720,
        "audio_kbps": None,
        **more,
    }
    found = from_message(fields)
    assert isinstance(found, DownloadRequest)
    return found


class Wire(unittest.TestCase):
    def test_text_of_strangers_is_always_valid_json_elsewhere(self) -> None:
        self.assertEqual(text("a\ud800b"), "a?b")
        self.assertEqual(len(text("x" * 9999) or ""), 2000)
        self.assertIsNone(text(None))

    def test_numbers_of_strangers_are_finite(self) -> None:
        for odd in (float("nan"), float("inf"), "7", None, True):
            self.assertIsNone(number(odd))
        self.assertIsNone(whole(-1))
        self.assertEqual(whole(7.9), 7)

    def test_lines_arrive_one_by_one(self) -> None:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            channel = Channel(ours)
            theirs.sendall(b'{"a":1}\n{"b":2}\n')
            self.assertEqual(channel.receive(), {"a": 1})
            self.assertEqual(channel.receive(), {"b": 2})
            channel.send({"c": "\n"})
            self.assertEqual(json.loads(theirs.recv(100)), {"c": "\n"})
            theirs.close()
            self.assertIsNone(channel.receive())


class Failures(unittest.TestCase):
    def test_the_cause_inside_a_download_error_is_found(self) -> None:
        try:
            try:
                raise ExtractorError("Private video", expected=True)
            except ExtractorError as inner:
                raise DownloadError("ERROR: Private video", (type(inner), inner, None)) from None
        except DownloadError as error:
            facts = describe(error, ["a warning"], "/")
        self.assertEqual(facts["classes"][:2], ["DownloadError", "ExtractorError"])
        self.assertIn("Private video", facts["message"])
        self.assertEqual(facts["warnings"], ["a warning"])
        self.assertIsNone(facts["reason"])

    def test_a_system_error_keeps_its_number(self) -> None:
        facts = describe(DownloadError("x", (OSError, OSError(28, "full"), None)), [], "/")
        self.assertEqual(facts["errno"], 28)
        self.assertGreater(facts["free_bytes"], 0)

    def test_our_own_reason_survives_being_raised_anew(self) -> None:
        self.assertEqual(describe(Refused(), [], "/", Refused("live"))["reason"], "live")


class Pictures(unittest.TestCase):
    def test_only_pictures_are_pictures(self) -> None:
        self.assertEqual(sniff(b"\xff\xd8\xff\xe0rest"), "image/jpeg")
        self.assertEqual(sniff(b"RIFF\0\0\0\0WEBPVP8 "), "image/webp")
        for other in (b"", b"<svg onload=alert(1)>", b"<!doctype html>", b"%PDF-1.7", b"GIF8"):
            with self.assertRaises(Refused):
                sniff(other)


class Options(unittest.TestCase):
    def test_a_language_is_never_an_expression(self) -> None:
        asked = request(subtitle_languages=["en", "pt-BR", ".*", "all,-x", "-en", "a" * 99])
        self.assertEqual(asked.languages(), ["en", "pt-BR"])
        self.assertEqual(options.subtitles(asked)["subtitleslangs"], ["en", r"pt\-BR"])

    def test_nothing_is_read_from_the_environment_or_run(self) -> None:
        built = options.download(settings(), request(), with_subtitles=True)
        self.assertEqual(built["proxy"], "")
        forbidden = {
            "enable_file_urls",
            "exec_cmd",
            "netrc_cmd",
            "external_downloader",
            "writelink",
            "cookiesfrombrowser",
            "nocheckcertificate",
            "usenetrc",
        }
        self.assertFalse(forbidden & built.keys())
        self.assertNotIn("title", built["outtmpl"]["default"])

    def test_retries_wait_longer_each_time(self) -> None:
        self.assertEqual([options.retry_delay(n) for n in range(6)], [0.5, 1, 2, 4, 5, 5])

    def test_subtitles_are_not_fetched_for_sound(self) -> None:
        chain = options.postprocessors(
            request(format="mp3", subtitle_languages=["en"]), with_subtitles=True
        )
        self.assertEqual([each["key"] for each in chain], ["FFmpegExtractAudio"])


if __name__ == "__main__":
    unittest.main()
