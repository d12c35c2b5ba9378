"""The options of yt_dlp are a closed list, and nothing that a user sends gets among them."""

from __future__ import annotations

import itertools
import json
import os
import unittest
from collections.abc import Iterator
from typing import Any

from magpie_engine import options
from magpie_engine.request import DownloadRequest, from_message

from .test_words import request, settings

WORDS = os.path.join(os.path.dirname(__file__), "hostile_words.json")

# All that there is. A new one is a decision: what can a page do with it?
ALLOWED = {
    "allowed_extractors",
    "cachedir",
    "color",
    "compat_opts",
    "concurrent_fragment_downloads",
    "continuedl",
    "cookiefile",
    "extractor_args",
    "extractor_retries",
    "ffmpeg_location",
    "fixup",
    "format",
    "format_sort",
    "fragment_retries",
    "hls_prefer_native",
    "ignoreerrors",
    "merge_output_format",
    "noplaylist",
    "noprogress",
    "outtmpl",
    "overwrites",
    "paths",
    "playlist_items",
    "postprocessors",
    "proxy",
    "quiet",
    "restrictfilenames",
    "retries",
    "retry_sleep_functions",
    "skip_unavailable_fragments",
    "socket_timeout",
    "subtitlesformat",
    "subtitleslangs",
    "updatetime",
    "writeautomaticsub",
    "writesubtitles",
}
ALLOWED_STEPS = {
    "FFmpegEmbedSubtitle",
    "FFmpegExtractAudio",
    "FFmpegMetadata",
    "FFmpegVideoRemuxer",
    "ModifyChapters",
    "SponsorBlock",
}


def every_kind() -> Iterator[DownloadRequest]:
    formats = ("mp4", "webm", "mkv", "mp3", "m4a", "opus")
    for format, height, embeds in itertools.product(formats, (None, 720), (False, True)):
        yield request(
            format=format,
            height=height,
            audio_kbps=192,
            embed_metadata=embeds,
            subtitle_languages=["en"] if embeds else [],
            sponsorblock_remove=["sponsor"] if embeds else [],
        )


def strings_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from strings_in(key)
            yield from strings_in(inner)
    elif isinstance(value, (list, tuple, set)):
        for inner in value:
            yield from strings_in(inner)


class Closed(unittest.TestCase):
    def test_no_request_has_an_option_that_is_not_on_the_list(self) -> None:
        for asked in every_kind():
            for with_subtitles in (False, True):
                built = options.download(settings(), asked, with_subtitles=with_subtitles)
                self.assertLessEqual(built.keys(), ALLOWED)
                steps = {step["key"] for step in built["postprocessors"]}
                self.assertLessEqual(steps, ALLOWED_STEPS)
            self.assertLessEqual(options.base(settings(), asked).keys(), ALLOWED)
            self.assertLessEqual(options.listing(settings(), asked).keys(), ALLOWED)

    def test_no_word_of_a_user_gets_among_them(self) -> None:
        with open(WORDS, encoding="utf-8") as file:
            words = json.load(file)
        ours = set(strings_in(options.download(settings(), request(), with_subtitles=True)))
        for word in words:
            asked = request(url=f"https://example.org/{word}", subtitle_languages=[word])
            built = options.download(settings(), asked, with_subtitles=True)
            with self.subTest(word):
                self.assertEqual(set(strings_in(built)) - ours, set())

    def test_a_request_has_no_room_for_options(self) -> None:
        plain: dict[str, object] = {"op": "info", "url": "https://e/", "directory": "/d"}
        plain.update(cache="/c", cookies=None, proxy=None)
        from_message(plain)
        for extra in ("exec_cmd", "params", "proxy_headers", "outtmpl"):
            with self.assertRaises(TypeError):
                from_message({**plain, extra: "x"})
        with self.assertRaises(KeyError):
            from_message({**plain, "op": "exec"})


if __name__ == "__main__":
    unittest.main()
