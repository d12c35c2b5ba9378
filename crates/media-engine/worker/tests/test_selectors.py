"""Which streams are chosen, asked of yt_dlp's own selector."""

from __future__ import annotations

import unittest
from typing import Any

from magpie_engine.request import DownloadRequest
from magpie_engine.selectors import conversion, selection
from magpie_engine.toolkit import Session

Format = dict[str, Any]


def request(format: str, height: int | None = None, kbps: int | None = None) -> DownloadRequest:
    return DownloadRequest(
        url="https://example.org/",
        directory="/nonexistent",
        cache="",
        cookies=None,
        proxy=None,
        format=format,
        height=height,
        audio_kbps=kbps,
    )


def video(name: str, height: int, codec: str, ext: str, width: int | None = None) -> Format:
    return {
        "format_id": name,
        "url": f"https://example.org/{name}",
        "ext": ext,
        "vcodec": codec,
        "acodec": "none",
        "height": height,
        "width": width or height * 16 // 9,
        "fps": 25,
        "tbr": float(height),
    }


def audio(name: str, codec: str, ext: str, abr: float = 128.0) -> Format:
    return {
        "format_id": name,
        "url": f"https://example.org/{name}",
        "ext": ext,
        "vcodec": "none",
        "acodec": codec,
        "abr": abr,
        "tbr": abr,
    }


def muxed(name: str, height: int) -> Format:
    return {**video(name, height, "avc1.42001E", "mp4"), "acodec": "mp4a.40.2"}


AVC = [video(f"avc{h}", h, "avc1.640028", "mp4") for h in (144, 360, 480, 720, 1080)]
VP9 = [video(f"vp9-{h}", h, "vp09.00.50.08", "webm") for h in (360, 720, 1080, 1440, 2160)]
AAC, OPUS = audio("low", "mp4a.40.2", "m4a"), audio("high", "opus", "webm", 140.0)
ORDINARY = [muxed("muxed360", 360), *AVC, *VP9, AAC, OPUS]


def chosen(wanted: DownloadRequest, formats: list[Format]) -> str:
    session = Session({"quiet": True, "simulate": True, **selection(wanted)})
    info = {
        "id": "x",
        "title": "x",
        "extractor": "x",
        "extractor_key": "X",
        "duration": 10,
        "webpage_url": "https://example.org/",
        "formats": [dict(f) for f in formats],
    }
    found: dict[str, Any] = session.process_ie_result(info, download=False)
    return str(found["format_id"])


class Choice(unittest.TestCase):
    def test_mp4_takes_what_every_player_plays(self) -> None:
        self.assertEqual(chosen(request("mp4", 1080), ORDINARY), "avc1080+low")
        self.assertEqual(chosen(request("mp4", 720), ORDINARY), "avc720+low")

    def test_above_1080_there_is_only_vp9(self) -> None:
        self.assertEqual(chosen(request("mp4"), ORDINARY), "vp9-2160+low")
        self.assertEqual(chosen(request("mp4", 1440), ORDINARY), "vp9-1440+low")

    def test_a_muxed_stream_saves_the_merge(self) -> None:
        self.assertEqual(chosen(request("mp4", 360), [muxed("m", 360), AAC]), "m")

    def test_where_nothing_is_that_low_the_lowest_is_taken(self) -> None:
        self.assertEqual(chosen(request("mp4", 360), [*AVC[3:], AAC]), "avc720+low")

    def test_an_upright_video_is_measured_across(self) -> None:
        upright = [
            video("small", 640, "avc1", "mp4", 360),
            video("large", 1280, "avc1", "mp4", 720),
        ]
        self.assertEqual(chosen(request("mp4", 360), [*upright, AAC]), "small+low")

    def test_webm_stays_webm_where_it_can(self) -> None:
        self.assertEqual(chosen(request("webm", 720), ORDINARY), "vp9-720+high")
        self.assertEqual(chosen(request("webm", 720), [*AVC, AAC]), "avc720+low")

    def test_sound_is_taken_in_the_codec_that_was_asked_for(self) -> None:
        self.assertEqual(chosen(request("m4a"), ORDINARY), "low")
        self.assertEqual(chosen(request("opus"), ORDINARY), "high")
        self.assertEqual(chosen(request("m4a"), [*VP9, OPUS]), "high")

    def test_a_rate_takes_the_best_that_is_no_higher(self) -> None:
        rates = [audio(str(abr), "mp4a.40.2", "m4a", float(abr)) for abr in (48, 128, 256)]
        self.assertEqual(chosen(request("m4a", kbps=192), rates), "128")
        self.assertEqual(chosen(request("m4a", kbps=320), rates), "256")

    def test_a_silent_video_has_no_sound_to_take(self) -> None:
        with self.assertRaisesRegex(Exception, "Requested format is not available"):
            chosen(request("mp3"), AVC)

    def test_a_silent_video_is_still_a_video(self) -> None:
        self.assertEqual(chosen(request("mp4", 720), AVC), "avc720")


class Conversion(unittest.TestCase):
    def test_mp3_has_a_rate_of_its_own(self) -> None:
        self.assertEqual(conversion(request("mp3"))[0]["preferredquality"], "192")
        self.assertEqual(conversion(request("mp3", kbps=320))[0]["preferredquality"], "320")

    def test_without_a_rate_sound_is_copied(self) -> None:
        self.assertIsNone(conversion(request("m4a"))[0]["preferredquality"])

    def test_what_webm_cannot_hold_becomes_mkv(self) -> None:
        self.assertEqual(conversion(request("webm"))[0]["preferedformat"], "webm>webm/mkv")


if __name__ == "__main__":
    unittest.main()
