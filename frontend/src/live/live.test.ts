import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import type { Batch, Download } from "../api/types";
import {
  type Active,
  fetchActive,
  fetchFinished,
  type FinishedFilter,
  isFinal,
  keys,
  patchDownloads,
  settle,
} from "./cache";
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
/** Answers that are on their way for longer: each is let go by calling it. */
let held: (() => void)[] | null = null;
let client: QueryClient;
let live: Live;
const endings: string[] = [];

function answer(request: Request): Response {
  const { pathname, searchParams } = new URL(request.url);
  const id = pathname.split("/").at(-1) ?? "";
  const status = searchParams.get("status");
  const items = [...server.values()].filter((one) => one.status === status);
  const ended = [...server.values()].filter((one) => isFinal(one.status));
  const totals = { pending: 0, downloading: 0, completed: 0, failed: 0, cancelled: 0 };
  const body = pathname.endsWith("/downloads")
    ? { items: status ? items : ended, next_cursor: null, totals }
    : server.get(id);
  return Response.json(body ?? { code: "not_found" }, { status: body ? 200 : 404 });
}

const active = () => client.getQueryData<Active>(keys.active)?.items ?? [];
const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);

beforeEach(async () => {
  vi.useFakeTimers();
  vi.stubGlobal("EventSource", FakeSource);
  vi.stubGlobal("BroadcastChannel", FakeChannel);
  vi.stubGlobal("fetch", (request: Request) => {
    const told = answer(request);
    return held
      ? new Promise((resolve) =>
          held?.push(() => {
            resolve(told);
          }),
        )
      : Promise.resolve(told);
  });
  held = null;
  server.clear();
  endings.length = 0;
  client = new QueryClient();
  live = new Live(client, 1, (ended) => endings.push(...ended.map(({ id }) => id)));
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
  expect(endings).toEqual(["a"]);
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

const ALL: FinishedFilter = { status: undefined, q: "" };
const finishedKey = [...keys.finished, ALL];
const finished = () =>
  client
    .getQueryData<{ pages: { items: Download[] }[] }>(finishedKey)
    ?.pages.flatMap(({ items }) => items) ?? [];
const standing = () => ({
  active: active().map(({ id, status }) => `${id} ${status}`),
  finished: finished().map(({ id, status }) => `${id} ${status}`),
});

/** Asks while nothing is held, then holds one question of that kind until it is let go. */
async function late(ask: () => Promise<unknown>): Promise<() => Promise<unknown>> {
  const gates: (() => void)[] = [];
  held = gates;
  const asked = ask();
  await pass(0);
  held = null;
  return async () => {
    gates.forEach((open) => {
      open();
    });
    await pass(0);
    return asked;
  };
}

function emptyFinished() {
  client.setQueryData(finishedKey, {
    pages: [{ items: [], next_cursor: null }],
    pageParams: [undefined],
  });
}

it("cancelled, tried again and cancelled: an answer that was overtaken undoes nothing", async () => {
  emptyFinished();
  FakeSource.latest.dispatchEvent(new Event("open"));
  FakeSource.latest.say("snapshot", { downloads: [download("a")] });
  server.set("a", download("a", { status: "cancelled" }));
  const afterCancel = await late(() => settle(client, ["a"]));
  server.set("a", download("a", { status: "pending" }));
  const afterRetry = await late(() => settle(client, ["a"]));
  server.set("a", download("a", { status: "cancelled" }));
  await settle(client, ["a"]);
  const ended = { active: [], finished: ["a cancelled"] };
  expect(standing()).toEqual(ended);
  expect(await afterRetry()).toEqual([]);
  expect(standing()).toEqual(ended);
  await afterCancel();
  expect(standing()).toEqual(ended);
});

it("a list that was asked for before an end does not bring back what has ended", async () => {
  emptyFinished();
  server.set("a", download("a", { status: "pending" }));
  await settle(client, ["a"]);
  const list = await late(() =>
    client.query({ queryKey: keys.active, queryFn: () => fetchActive(client), staleTime: 0 }),
  );
  server.set("a", download("a", { status: "completed" }));
  await settle(client, ["a"]);
  await list();
  expect(standing()).toEqual({ active: [], finished: ["a completed"] });
});

it("a page of what has ended keeps what ended while it was on its way", async () => {
  emptyFinished();
  server.set("a", download("a"));
  await settle(client, ["a"]);
  const page = await late(() =>
    fetchFinished(client, ALL, undefined, new AbortController().signal),
  );
  server.set("a", download("a", { status: "completed" }));
  await settle(client, ["a"]);
  expect(await page()).toMatchObject({ items: [{ id: "a", status: "completed" }] });
  const older = await late(() =>
    fetchFinished(client, ALL, undefined, new AbortController().signal),
  );
  server.set("a", download("a", { status: "pending" }));
  await settle(client, ["a"]);
  expect(await older()).toMatchObject({ items: [] });
});

it("what was heard before an answer was asked for does not undo it", async () => {
  FakeSource.latest.dispatchEvent(new Event("open"));
  FakeSource.latest.say("snapshot", { downloads: [download("a")] });
  FakeSource.latest.say("download", { id: "a", status: "cancelled" });
  server.set("a", download("a", { status: "pending" }));
  await settle(client, ["a"]);
  const shown: string[] = [];
  client.getQueryCache().subscribe(() => shown.push(...standing().active));
  await pass(400);
  expect(shown).not.toContain("a cancelled");
  expect(standing().active).toEqual(["a pending"]);
});
