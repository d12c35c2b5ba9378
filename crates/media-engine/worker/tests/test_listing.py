"""Walking through lists: which entries are told of, and where the walk stops."""

from __future__ import annotations

import json
import unittest
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

from magpie_engine import listing
from magpie_engine.refusal import Refused
from magpie_engine.request import ListRequest, from_message
from magpie_engine.toolkit import Recorder, Session
from magpie_engine.wire import Message

Info = dict[str, Any]


def video(number: int, **more: Any) -> Info:
    return {"_type": "url", "ie_key": "Clip", "id": f"v{number}", "title": f"T{number}", **more}


class Site:
    """A session whose extractors have answered already."""

    def __init__(self, *answers: Info | None) -> None:
        self._answers = list(answers)
        self.recorder = Recorder()
        self._ies = {
            "Clip": SimpleNamespace(_RETURN_TYPE="video", get_temp_id=lambda url: url or None),
            "Album": SimpleNamespace(_RETURN_TYPE="playlist"),
            "Tab": SimpleNamespace(_RETURN_TYPE="any"),
        }

    def extract_info(self, url: str, **_: Any) -> Info | None:
        return self._answers.pop(0)


def request(first: int, last: int) -> ListRequest:
    fields = {"op": "list", "url": "https://e/", "directory": "/d", "cache": ""}
    lent = {"cookies": None, "proxy": None}
    found = from_message({**fields, **lent, "first": first, "last": last})
    assert isinstance(found, ListRequest)
    return found


def walk(first: int, last: int, *answers: Info | None) -> list[Message]:
    said: list[Message] = []
    listing.run(request(first, last), cast(Session, Site(*answers)), said.append)
    return said


def album(entries: Any, **more: Any) -> Info:
    return {"_type": "playlist", "id": "A", "extractor_key": "Tab", "entries": entries, **more}


class Walks(unittest.TestCase):
    def pages(self, said: list[Message]) -> list[tuple[list[int], bool]]:
        pages = [message for message in said if message["ev"] == "entries"]
        return [([e["index"] for e in page["entries"]], page["has_more"]) for page in pages]

    def test_one_entry_more_than_wanted_is_looked_at_and_no_other(self) -> None:
        taken: list[int] = []

        def entries() -> Iterator[Info]:
            for number in range(1, 1000):
                taken.append(number)
                yield video(number)

        self.assertEqual(self.pages(walk(3, 5, album(entries()))), [([3, 4, 5], True)])
        self.assertEqual(taken[-1], 6)

    def test_pages_have_a_hundred_entries_and_the_last_says_so(self) -> None:
        pages = self.pages(walk(1, 500, album(map(video, range(1, 201)))))
        self.assertEqual([(len(page), more) for page, more in pages], [(100, True), (100, False)])

    def test_there_is_always_a_page(self) -> None:
        self.assertEqual(self.pages(walk(1, 9, album([]))), [([], False)])
        self.assertEqual(self.pages(walk(9, 12, album([video(1)]))), [([], False)])
        self.assertEqual(self.pages(walk(2, 1, album([video(1), video(2)]))), [([], True)])

    def test_what_came_before_a_failure_is_handed_over(self) -> None:
        def entries(until: int) -> Iterator[Info]:
            yield from map(video, range(1, until + 1))
            raise ConnectionError("cut")

        said: list[Message] = []
        with self.assertRaises(ConnectionError):
            listing.run(request(1, 999), cast(Session, Site(album(entries(130)))), said.append)
        pages = self.pages(said)
        self.assertEqual(
            [(page[0], page[-1], more) for page, more in pages],
            [
                (1, 100, True),
                (101, 130, True),
            ],
        )
        with self.assertRaises(ConnectionError):
            walk(200, 210, album(entries(130)))

    def test_what_fails_behind_the_last_wanted_entry_is_no_failure(self) -> None:
        def entries() -> Iterator[Info]:
            yield from map(video, range(1, 101))
            raise ConnectionError("cut")

        pages = self.pages(walk(1, 100, album(entries())))
        self.assertEqual([(len(page), more) for page, more in pages], [(100, True)])

    def test_a_list_that_the_site_cuts_short_is_not_taken_for_a_whole_one(self) -> None:
        for promised, warning, is_cut in (
            (300, "Incomplete data received. Giving up after 2 retries", True),
            (300, "Incomplete data received. Retrying (1/2)...", False),
            (120, "Incomplete data received. Giving up after 2 retries", False),
            (None, "Incomplete data received. Giving up after 2 retries", False),
        ):
            site = Site()

            def entries(site: Site = site, warning: str = warning) -> Iterator[Info]:
                yield from map(video, range(1, 121))
                site.recorder.warning(warning)

            site._answers.append(album(entries(), playlist_count=promised))
            said: list[Message] = []
            if is_cut:
                with self.assertRaises(Refused) as refused:
                    listing.run(request(1, 999), cast(Session, site), said.append)
                self.assertEqual(refused.exception.reason, "list_cut")
            else:
                listing.run(request(1, 999), cast(Session, site), said.append)
            pages = [(len(page), more) for page, more in self.pages(said)]
            self.assertEqual(pages, [(100, True), (20, is_cut)], (promised, warning))

    def test_the_same_video_twice_is_two_entries(self) -> None:
        said = walk(1, 9, album([video(1), video(1), video(2)]))
        self.assertEqual(
            [(e["index"], e["id"]) for e in said[-1]["entries"]],
            [
                (1, "v1"),
                (2, "v1"),
                (3, "v2"),
            ],
        )

    def test_a_page_fits_into_one_message_whatever_a_stranger_wrote(self) -> None:
        wild = [video(n, title="\U0001f4a9" * 9999) for n in range(100)]
        for entry in wild:
            entry["id"] = "\U0001f4a9" * 250
        said = walk(1, 100, album([*wild, video(1, id="x" * 9999)]))
        self.assertEqual([len(page) for page, _ in self.pages(said)], [100])
        self.assertLess(len(json.dumps(said[-1])), 2 * 1024 * 1024)

    def test_a_title_that_says_nothing_is_none(self) -> None:
        said = walk(1, 9, album([video(1, title=None), video(2, title="")]))
        self.assertEqual([e["title"] for e in said[-1]["entries"]], [None, None])

    def test_a_long_way_to_the_first_entry_gives_signs_of_life(self) -> None:
        said = walk(301, 310, album(map(video, range(1, 400))))
        self.assertEqual([m["ev"] for m in said], ["list", *["walking"] * 3, "entries"])

    def test_lists_in_a_list_are_passed_over_and_not_counted(self) -> None:
        nested = [
            album([video(1)]),
            {"_type": "url", "ie_key": "Album", "id": "B"},
            {"_type": "url", "ie_key": "Tab", "id": "C"},
        ]
        self.assertEqual(self.pages(walk(1, 9, album([*nested, video(1)]))), [([1], False)])
        for many in (nested, nested * 500):
            with self.assertRaises(Refused) as refused:
                walk(1, 9, album(many))
            self.assertEqual(refused.exception.reason, "lists_only")

    def test_an_entry_without_an_id_has_that_of_its_address_or_is_passed_over(self) -> None:
        by_address = {"_type": "url", "ie_key": "Clip", "url": "abc"}
        said = walk(1, 9, album([by_address, {"_type": "url", "url": "def"}, None]))
        self.assertEqual([e["id"] for e in said[-1]["entries"]], ["abc"])

    def test_redirections_are_followed_to_a_list_and_never_to_a_video(self) -> None:
        onward = {"_type": "url", "ie_key": "Tab", "url": "https://e/2"}
        self.assertEqual(self.pages(walk(1, 9, onward, album([video(1)]))), [([1], False)])
        for answers in ([video(1)], [onward] * 9, [{"id": "v", "formats": []}]):
            with self.assertRaises(Refused) as refused:
                walk(1, 9, *answers)
            self.assertEqual(refused.exception.reason, "no_list")
        with self.assertRaises(LookupError):
            walk(1, 9, None)


class Heads(unittest.TestCase):
    def head(self, **more: Any) -> Message:
        return walk(1, 1, album([], **more))[0]

    def test_only_what_is_made_up_on_the_way_is_endless(self) -> None:
        self.assertTrue(self.head(id="RDabc", extractor_key="YoutubeTab")["is_endless"])
        counted = self.head(id="RDCLAK5uy", extractor_key="YoutubeTab", playlist_count=50)
        self.assertFalse(counted["is_endless"])
        self.assertFalse(self.head(id="PLRD", extractor_key="YoutubeTab")["is_endless"])
        self.assertFalse(self.head(id="RDabc")["is_endless"])

    def test_what_a_stranger_wrote_is_fit_to_be_sent(self) -> None:
        head = self.head(title="\ud800" + "x" * 5000, channel="C", playlist_count="many")
        self.assertEqual((len(head["title"]), head["title"][0]), (2000, "?"))
        self.assertEqual((head["uploader"], head["total"]), ("C", None))


if __name__ == "__main__":
    unittest.main()
