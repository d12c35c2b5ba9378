"""Reading finished files: with ffmpeg's own products, whole and damaged."""

from __future__ import annotations

import os
import subprocess
import tempfile
import unittest

from magpie_engine import mp4
from magpie_engine.examine import check, examine
from magpie_engine.media_file import MediaFile
from magpie_engine.refusal import Refused
from magpie_engine.request import DownloadRequest

FFMPEG, FFPROBE = "ffmpeg", "ffprobe"


def request(format: str) -> DownloadRequest:
    return DownloadRequest(
        url="",
        directory="",
        cache="",
        cookies=None,
        proxy=None,
        format=format,
        height=None,
        audio_kbps=None,
    )


class Files(unittest.TestCase):
    directory: tempfile.TemporaryDirectory[str]

    @classmethod
    def setUpClass(cls) -> None:
        cls.directory = tempfile.TemporaryDirectory()
        picture = ["-f", "lavfi", "-i", "testsrc=s=320x180:r=10:d=4"]
        sound = ["-f", "lavfi", "-i", "sine=d=4"]
        cls.make("plain.mp4", *picture, *sound, "-movflags", "+faststart")
        cls.make("fragmented.mp4", *picture, "-movflags", "frag_keyframe+empty_moov")
        cls.make("sound.m4a", *sound)
        cls.make("sound.mp3", *sound)

    @classmethod
    def tearDownClass(cls) -> None:
        cls.directory.cleanup()

    @classmethod
    def make(cls, name: str, *arguments: str) -> None:
        command = [FFMPEG, "-v", "error", *arguments, "-pix_fmt", "yuv420p", cls.path(name)]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)

    @classmethod
    def path(cls, name: str) -> str:
        return os.path.join(cls.directory.name, name)

    def test_an_mp4_is_read_without_ffprobe(self) -> None:
        media = mp4.read(self.path("plain.mp4"))
        self.assertEqual((media.width, media.height), (320, 180))
        self.assertEqual((media.vcodec, media.acodec), ("h264", "aac"))
        self.assertAlmostEqual(media.duration or 0, 4, delta=0.2)
        self.assertEqual(mp4.read(self.path("sound.m4a")).vcodec, None)

    def test_our_reader_and_ffprobe_agree(self) -> None:
        ours = examine(self.path("plain.mp4"), "/nonexistent")
        copy = self.path("plain.mkv")
        command = [FFMPEG, "-v", "error", "-i", self.path("plain.mp4"), "-c", "copy", copy]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
        theirs = examine(copy, FFPROBE)
        self.assertEqual(
            (ours.vcodec, ours.acodec, ours.height), (theirs.vcodec, theirs.acodec, theirs.height)
        )

    def test_what_is_not_plain_is_left_to_ffprobe(self) -> None:
        with self.assertRaises(mp4.NotPlain):
            mp4.read(self.path("fragmented.mp4"))
        self.assertEqual(examine(self.path("fragmented.mp4"), FFPROBE).vcodec, "h264")
        self.assertEqual(examine(self.path("sound.mp3"), FFPROBE).acodec, "mp3")

    def test_a_missing_end_is_noticed_though_the_index_stands_first(self) -> None:
        cut = self.path("cut.mp4")
        with open(self.path("plain.mp4"), "rb") as whole, open(cut, "wb") as file:
            file.write(whole.read()[:-2000])
        with self.assertRaises(Refused) as refused:
            examine(cut, FFPROBE)
        self.assertEqual(refused.exception.reason, "incomplete")

    def test_a_link_is_no_file(self) -> None:
        link = self.path("link.mp4")
        os.symlink(self.path("plain.mp4"), link)
        for path in (link, self.path("missing.mp4")):
            with self.assertRaises(Refused) as refused:
                examine(path, FFPROBE)
            self.assertEqual(refused.exception.reason, "no_file")

    def test_random_bytes_are_never_more_than_a_refusal(self) -> None:
        path = self.path("noise.mp4")
        with open(self.path("plain.mp4"), "rb") as file:
            whole = bytearray(file.read())
        for position in range(0, 4000, 7):
            noise = whole.copy()
            noise[position] ^= 0xFF
            with open(path, "wb") as file:
                file.write(noise)
            try:
                mp4.read(path)
            except (mp4.NotPlain, mp4.Truncated):
                pass


class Agreement(unittest.TestCase):
    def refused(self, media: MediaFile, format: str, **chosen: object) -> str:
        with self.assertRaises(Refused) as refused:
            check(media, request(format), chosen)
        return refused.exception.reason

    def test_a_short_file_is_incomplete(self) -> None:
        media = MediaFile(duration=90, vcodec="h264", acodec="aac")
        self.assertEqual(self.refused(media, "mp4", duration=100), "incomplete")
        check(media, request("mp4"), {"duration": 91})

    def test_streams_must_be_what_was_promised(self) -> None:
        silent = MediaFile(duration=10, vcodec="h264")
        self.assertEqual(self.refused(silent, "mp4", acodec="mp4a"), "incomplete")
        check(silent, request("mp4"), {"acodec": "none"})
        self.assertEqual(self.refused(silent, "mp3"), "no_sound")
        self.assertEqual(self.refused(MediaFile(acodec="aac"), "mp4"), "sound_only")

    def test_another_height_than_the_chosen_one_is_refused(self) -> None:
        media = MediaFile(duration=10, height=360, vcodec="h264", acodec="aac")
        self.assertEqual(self.refused(media, "mp4", height=720), "unreadable")


if __name__ == "__main__":
    unittest.main()
