"""Bytes over all streams, and the limit on them."""

from __future__ import annotations

import unittest
from typing import Any

from magpie_engine.meter import Meter
from magpie_engine.refusal import Refused
from magpie_engine.wire import Message


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def event(stream: str, done: int, total: int | None = None, status: str = "downloading") -> Any:
    return {
        "info_dict": {"format_id": stream},
        "status": status,
        "downloaded_bytes": done,
        "total_bytes": total,
        "speed": 5.0,
    }


class Progress(unittest.TestCase):
    def setUp(self) -> None:
        self.said: list[Message] = []
        self.clock = Clock()
        self.meter = Meter(1000, self.said.append, self.clock)

    def test_all_streams_count_from_the_first_byte(self) -> None:
        self.meter.plan({"v": 300, "a": 100})
        self.meter.hook(event("v", 30, 300))
        self.assertEqual(self.said[-1]["done"], 30)
        self.assertEqual(self.said[-1]["total"], 400)

    def test_what_the_server_says_beats_the_plan(self) -> None:
        self.meter.plan({"v": 100})
        self.meter.hook(event("v", 10, 250))
        self.assertEqual(self.said[-1]["total"], 250)

    def test_one_unknown_size_makes_the_sum_unknown(self) -> None:
        self.meter.plan({"v": 300, "a": None})
        self.meter.hook(event("v", 30, 300))
        self.assertIsNone(self.said[-1]["total"])

    def test_reports_are_at_most_four_a_second(self) -> None:
        for step in range(100):
            self.clock.now = step / 100
            self.meter.hook(event("v", step, 300))
        self.assertEqual(len(self.said), 4)

    def test_the_end_of_a_stream_is_always_told(self) -> None:
        self.meter.hook(event("v", 10, 300))
        self.meter.hook(event("v", 300, 300, "finished"))
        self.assertEqual(self.said[-1]["done"], 300)

    def test_processing_starts_when_every_planned_stream_has_come(self) -> None:
        self.meter.plan({"v": 300, "a": 100})
        self.meter.hook(event("v", 300, 300, "finished"))
        self.assertFalse(self.meter.all_finished())
        self.meter.hook(event("a", 100, 100, "finished"))
        self.assertTrue(self.meter.all_finished())

    def test_more_than_the_limit_is_refused_whatever_was_claimed(self) -> None:
        self.meter.plan({"v": 600, "a": 10})
        self.meter.hook(event("v", 600, 600, "finished"))
        with self.assertRaises(Refused) as refused:
            self.meter.hook(event("a", 401, 10))
        self.assertEqual(refused.exception.reason, "too_large")


if __name__ == "__main__":
    unittest.main()
