import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import type { Batch, Download } from "../api/types";
import { type Active, keys, patchDownloads } from "./cache";
import { FakeChannel, FakeSource } from "./fakes.test-kit";
import { Live } from "./live";

const download = (id: string, rest: Partial<Download> = {}) =>
  ({
    id,
    url: `https://youtu.be/${id}`,
    created_at: "2026-01-01T00:00:00Z",
    status: "downloading",
    progress: 0,
    ...rest,
  }) as Download;

const server = new Map<string, Download>();
let client: QueryClient;
let live: Live;
const ended: string[] = [];

function answer(request: Request): Response {
  const { pathname, searchParams } = new URL(request.url);
  const id = pathname.split("/").at(-1) ?? "";
  const status = searchParams.get("status");
  const items = [...server.values()].filter((one) => one.status === status);
  const totals = { pending: 0, downloading: 0, completed: 0, failed: 0, cancelled: 0 };
  const body = pathname.endsWith("/downloads")
    ? { items, next_cursor: null, totals }
    : server.get(id);
  return Response.json(body ?? { code: "not_found" }, { status: body ? 200 : 404 });
}

const active = () => client.getQueryData<Active>(keys.active)?.items ?? [];
const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);

beforeEach(async () => {
  vi.useFakeTimers();
  vi.stubGlobal("EventSource", FakeSource);
  vi.stubGlobal("BroadcastChannel", FakeChannel);
  vi.stubGlobal("fetch", (request: Request) => Promise.resolve(answer(request)));
  server.clear();
  ended.length = 0;
  client = new QueryClient();
  live = new Live(client, 1, ({ id }) => ended.push(id));
  live.start();
  await pass(150);
});

afterEach(() => {
  live.stop();
  client.clear();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

it("a snapshot is what is active, and events change it a few times a second", async () => {
  FakeSource.latest.dispatchEvent(new Event("open"));
  FakeSource.latest.say("snapshot", { downloads: [download("a")], cursor: "7" });
  expect(active().map((item) => item.id)).toEqual(["a"]);
  FakeSource.latest.say("download", { id: "a", progress: 10 });
  FakeSource.latest.say("download", { id: "a", progress: 20 });
  expect(active()[0]?.progress).toBe(0);
  await pass(200);
  expect(active()[0]?.progress).toBe(20);
});

it("bars never go back", () => {
  client.setQueryData<Active>(keys.active, { items: [download("a", { progress: 50 })] });
  patchDownloads(client, [{ id: "a", progress: 40 }]);
  expect(active()[0]?.progress).toBe(50);
});

it("rows that did not change stay the same object", () => {
  const items = [download("b"), download("a")];
  client.setQueryData<Active>(keys.active, { items });
  patchDownloads(client, [{ id: "a", progress: 40 }]);
  expect(active()[0]).toBe(items[0]);
});

it("what has ended leaves the active ones, and is told once", async () => {
  FakeSource.latest.dispatchEvent(new Event("open"));
  FakeSource.latest.say("snapshot", { downloads: [download("a")] });
  server.set("a", download("a", { status: "completed", progress: 100 }));
  FakeSource.latest.say("download", { id: "a", status: "completed", progress: 100 });
  await pass(400);
  expect(active()).toEqual([]);
  expect(ended).toEqual(["a"]);
});

it("what another window has added appears, in its collection too", async () => {
  const batch = { batch_id: "b", videos: [] as Download[], status: "pending" } as unknown as Batch;
  client.setQueryData(keys.collection("batch", "b"), batch);
  FakeSource.latest.dispatchEvent(new Event("open"));
  FakeSource.latest.say("download", download("a", { batch_id: "b" }));
  await pass(200);
  expect(active().map((item) => item.id)).toEqual(["a"]);
  const held = client.getQueryData<Batch>(keys.collection("batch", "b"));
  expect(held?.videos.map((video) => video.id)).toEqual(["a"]);
});

it("while no events come the page asks once a second", async () => {
  server.set("a", download("a", { progress: 5 }));
  FakeSource.latest.dispatchEvent(new Event("error"));
  await pass(50);
  expect(active()[0]?.progress).toBe(5);
  server.set("a", download("a", { progress: 30 }));
  await pass(1_050);
  expect(active()[0]?.progress).toBe(30);
});

it("a lost connection is made anew from where it was", async () => {
  FakeSource.latest.dispatchEvent(new Event("open"));
  FakeSource.latest.say("snapshot", { downloads: [], cursor: "7" }, "7");
  FakeSource.latest.say("download", { id: "a", progress: 1 }, "8");
  const lost = FakeSource.latest;
  lost.dispatchEvent(new Event("error"));
  expect(lost.isClosed).toBe(true);
  await pass(1_600);
  expect(FakeSource.latest).not.toBe(lost);
  expect(FakeSource.latest.url).toContain("cursor=8");
});
