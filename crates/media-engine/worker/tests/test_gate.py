"""What is let through, and what is told before the first byte."""

from __future__ import annotations

import unittest
from typing import Any, cast

from magpie_engine.gate import Gate
from magpie_engine.meter import Meter
from magpie_engine.refusal import Refused
from magpie_engine.request import DownloadRequest
from magpie_engine.wire import Channel, Message

LIMIT = 1000


class Listener:
    def __init__(self) -> None:
        self.said: list[Message] = []

    def send(self, message: Message) -> None:
        self.said.append(message)

    def receive(self) -> Message | None:
        return {"op": "go"}


def gate(format: str = "mp4") -> tuple[Gate, Listener]:
    request = DownloadRequest(
        url="https://example.org/",
        directory="/nonexistent",
        cache="",
        cookies=None,
        proxy=None,
        format=format,
        height=None,
        audio_kbps=None,
    )
    listener = Listener()
    channel = cast(Channel, listener)
    return Gate(request, channel, Meter(LIMIT, listener.send), LIMIT), listener


def chosen(**more: Any) -> dict[str, Any]:
    return {"id": "x", "title": "T", "format_id": "v+a", "duration": 10.0, **more}


class Admission(unittest.TestCase):
    def refused(self, info: dict[str, Any], format: str = "mp4") -> str:
        refuser, _ = gate(format)
        with self.assertRaises(Refused):
            refuser(info)
        assert refuser.refusal is not None
        return refuser.refusal.reason

    def test_live_and_upcoming_are_refused_before_a_byte_is_asked_for(self) -> None:
        self.assertEqual(self.refused({"id": "x", "is_live": True}), "live")
        self.assertEqual(self.refused({"id": "x", "live_status": "is_upcoming"}), "upcoming")

    def test_a_stream_at_no_web_address_is_not_fetched(self) -> None:
        for url in ("rtmp://e/live", "ftp://e/a.mp4", "file:///a.mp4", "tcp://e:80", "concat:a|b", "//e"):
            self.assertEqual(self.refused(chosen(url=url, vcodec="avc1")), "not_web")
            pair = [{"format_id": "v", "url": "https://e/"}, {"format_id": "a", "url": url}]
            self.assertEqual(self.refused(chosen(requested_formats=pair)), "not_web")
        admitted, _ = gate()
        admitted(chosen(url="HTTPS://e/a.mp4", vcodec="avc1"))

    def test_sound_alone_makes_no_video(self) -> None:
        sound = {"format_id": "a", "vcodec": "none", "acodec": "opus"}
        self.assertEqual(self.refused(chosen(requested_formats=[sound])), "sound_only")
        gate("mp3")[0](chosen(requested_formats=[sound]))

    def test_both_streams_count_against_the_limit(self) -> None:
        streams = [{"format_id": "v", "filesize": 700}, {"format_id": "a", "filesize": 301}]
        self.assertEqual(self.refused(chosen(requested_formats=streams)), "too_large")

    def test_an_estimate_a_little_over_the_limit_is_not_believed(self) -> None:
        gate()[0](chosen(filesize_approx=1100))
        self.assertEqual(self.refused(chosen(filesize_approx=1300)), "too_large")

    def test_a_file_that_is_too_large_asks_for_no_room(self) -> None:
        asked, listener = gate()
        with self.assertRaises(Refused):
            asked(chosen(filesize=LIMIT + 1))
        self.assertEqual([message["ev"] for message in listener.said], ["found"])

    def test_a_choice_asks_for_room_before_a_byte_is_fetched(self) -> None:
        asked, listener = gate()
        asked(chosen(filesize=100), incomplete=False)
        self.assertEqual(listener.said[-1], {"ev": "chosen", "bytes": 200})

    def test_an_engine_that_is_gone_lets_nothing_through(self) -> None:
        asked, listener = gate()
        listener.receive = lambda: None  # type: ignore[method-assign]
        with self.assertRaises(Refused):
            asked(chosen())

    def test_the_reason_outlives_the_exception(self) -> None:
        # yt_dlp raises `type(error)()`.
        self.assertEqual(type(Refused("live", "x"))().reason, "refused")

    def test_the_video_is_told_of_once(self) -> None:
        asked, listener = gate()
        asked({"id": "x", "title": "T\ud800"}, incomplete=True)
        asked(chosen())
        told = [message for message in listener.said if message["ev"] == "found"]
        self.assertEqual([message["title"] for message in told], ["T?"])

    def test_the_index_of_a_merge_is_reserved_by_duration(self) -> None:
        asked, _ = gate()
        asked.merger_arguments = {}
        asked(chosen(duration=100.0, fps=25))
        self.assertEqual(asked.merger_arguments["merger+ffmpeg_o"][-1], str(65536 + 204800))


if __name__ == "__main__":
    unittest.main()
