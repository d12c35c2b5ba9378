import { expect, it } from "vitest";

import { bytes, clock, percent, relative } from "./format";

it("sizes have few digits and never a thousand of a unit", () => {
  expect(bytes(999)).toBe("999 byte");
  expect(bytes(999_600)).toBe("1 MB");
  expect(bytes(1_540_000)).toBe("1.5 MB");
  expect(bytes(734_000_000)).toBe("734 MB");
});

it("what has not ended is not shown as complete", () => {
  expect(percent(99.9)).toBe("99%");
  expect(percent(100)).toBe("100%");
});

it("durations read as on a player", () => {
  expect(clock(75)).toBe("1:15");
  expect(clock(3_725)).toBe("1:02:05");
});

it("times are told from now", () => {
  const now = Date.parse("2026-01-02T12:00:00Z");
  expect(relative("2026-01-02T11:58:00Z", now)).toBe("2 minutes ago");
  expect(relative("2026-01-09T12:00:00Z", now)).toBe("in 7 days");
});
