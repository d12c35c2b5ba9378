import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { FakeChannel, FakeSource } from "./fakes.test-kit";
import { Feed } from "./feed";

interface Tab {
  feed: Feed;
  heard: string[];
}

let tabs: Tab[] = [];
const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);

function open(audience = "1"): Tab {
  const heard: string[] = [];
  const feed = new Feed(audience, {
    opened: () => heard.push("opened"),
    lost: () => heard.push("lost"),
    heard: (name, data) => heard.push(`${name} ${data}`),
  });
  feed.start();
  const tab = { feed, heard };
  tabs.push(tab);
  return tab;
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("EventSource", FakeSource);
  vi.stubGlobal("BroadcastChannel", FakeChannel);
  FakeSource.all = [];
});

afterEach(() => {
  tabs.forEach(({ feed }) => {
    feed.stop();
  });
  tabs = [];
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

it("ten tabs share one connection and all hear", async () => {
  const ten = Array.from({ length: 10 }, () => open());
  await pass(1_000);
  expect(FakeSource.open).toHaveLength(1);
  FakeSource.open[0]?.dispatchEvent(new Event("open"));
  FakeSource.open[0]?.say("download", { id: "a" });
  for (const { heard, feed } of ten) {
    expect(heard).toEqual(["opened", 'download {"id":"a"}']);
    expect(feed.isOpen).toBe(true);
  }
});

it("a tab that comes later is told at once", async () => {
  open();
  await pass(150);
  FakeSource.latest.dispatchEvent(new Event("open"));
  expect(open().heard).toEqual(["opened"]);
  await pass(60_000);
  expect(FakeSource.all).toHaveLength(1);
});

it("when the one with the connection goes, another goes on from where it was", async () => {
  const first = open();
  await pass(150);
  const [second] = [open(), open()];
  FakeSource.latest.dispatchEvent(new Event("open"));
  FakeSource.latest.say("download", { id: "a" }, "8");
  first.feed.stop();
  await pass(1_000);
  expect(FakeSource.open).toHaveLength(1);
  expect(FakeSource.latest.url).toContain("cursor=8");
  FakeSource.latest.dispatchEvent(new Event("open"));
  FakeSource.latest.say("download", { id: "b" }, "9");
  expect(second.heard.at(-1)).toBe('download {"id":"b"}');
});

it("one that was frozen is replaced, and lets go when it wakes", async () => {
  open();
  await pass(150);
  const [frozen] = FakeChannel.all;
  FakeSource.latest.dispatchEvent(new Event("open"));
  open();
  // A frozen tab neither hears nor says anything.
  const { name } = frozen ?? { name: "" };
  Object.assign(frozen ?? {}, { name: "frozen" });
  await pass(6_000);
  expect(FakeSource.open).toHaveLength(2);
  Object.assign(frozen ?? {}, { name });
  FakeSource.latest.dispatchEvent(new Event("open"));
  FakeSource.latest.say("download", { id: "a" });
  expect(FakeSource.open).toHaveLength(1);
});

it("a lost connection is told to all, and made anew", async () => {
  const both = [open(), open()];
  await pass(1_000);
  FakeSource.latest.dispatchEvent(new Event("open"));
  FakeSource.latest.dispatchEvent(new Event("error"));
  expect(both.map(({ heard }) => heard)).toEqual([
    ["opened", "lost"],
    ["opened", "lost"],
  ]);
  await pass(1_600);
  expect(FakeSource.open).toHaveLength(1);
});

it("whoever is logged in as someone else hears nothing", async () => {
  open("1");
  const other = open("2");
  await pass(150);
  expect(FakeSource.open).toHaveLength(2);
  FakeSource.all[0]?.dispatchEvent(new Event("open"));
  expect(other.heard).toEqual([]);
});
