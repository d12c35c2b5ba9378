/** A thousand rows and fifty that run: nothing that the page does at once takes long. */

import { expect, it } from "vitest";

import { tasksOf, visit } from "./visit";

const ROWS = 1_000;
const RUNNING = 50;
/** Of the processor's time, so that it does not matter who else uses the machine. */
const MOST_MS = 50;
const LONG = { timeout: 60_000, interval: 60 };

const id = (number: number) => `0199${String(number).padStart(4, "0")}-0000-7000-8000-000000000000`;
const download = (number: number, rest: object) => ({
  id: id(number),
  download_id: id(number),
  type: "single",
  platform: "youtube",
  url: `https://www.youtube.com/watch?v=OKAY_${number}`,
  title: `Video ${number} with a title of the usual length, as people give them`,
  uploader: "A channel",
  duration: 100 + number,
  thumbnail: null,
  format: "mp4",
  quality: "best",
  progress: 100,
  downloaded_bytes: 1_000_000,
  attempts: 1,
  created_at: "2026-11-20T10:00:00Z",
  ...rest,
});
const finished = Array.from({ length: ROWS }, (_, index) =>
  download(ROWS - index, {
    status: "completed",
    file_url: `/api/youtube/single/file/${id(ROWS - index)}`,
    file_size: 1_000_000 + index,
    completed_at: "2026-11-20T10:05:00Z",
    expires_at: "2026-11-27T10:05:00Z",
  }),
);
const running = Array.from({ length: RUNNING }, (_, index) =>
  download(2_000 + index, { status: "downloading", phase: "downloading", progress: 0 }),
);
const totals = { pending: 0, downloading: RUNNING, completed: ROWS, failed: 0, cancelled: 0 };

function page(query: URLSearchParams) {
  const [status, start] = [query.get("status"), Number(query.get("cursor") ?? 0)];
  const all = status === "downloading" ? running : status === "pending" ? [] : finished;
  const limit = Number(query.get("limit") ?? 50);
  const items = all.slice(start, start + limit);
  const next_cursor = start + limit < all.length ? String(start + limit) : null;
  return { items, next_cursor, totals };
}

it("scrolling through a thousand rows and typing while fifty run has no long task", async () => {
  const { page: tab, box, leave } = await visit({ path: "/about" });
  await tab.route("**/api/youtube/downloads?*", (route) =>
    route.fulfill({ json: page(new URL(route.request().url()).searchParams) }),
  );
  await tab.route("**/api/youtube/single/status/*", (route) => {
    const wanted = route.request().url().split("/").at(-1);
    return route.fulfill({ json: running.find((one) => one.id === wanted) });
  });
  await tab.addInitScript(
    ({ ids }) => {
      class Busy extends EventTarget {
        #progress = 0;
        constructor() {
          super();
          setTimeout(() => this.dispatchEvent(new Event("open")), 100);
          setInterval(() => {
            this.#progress += 0.5;
            for (const id of ids) {
              const data = JSON.stringify({ id, progress: this.#progress, speed_bps: 5_000 });
              this.dispatchEvent(new MessageEvent("download", { data, lastEventId: "1" }));
            }
          }, 250);
        }
        close() {
          // It goes on for as long as the page does.
        }
      }
      Object.assign(globalThis, { EventSource: Busy });
    },
    { ids: running.map((one) => one.id) },
  );
  await tab.goto("/");
  await tab.getByText("Video 1000 with").waitFor();
  await tab.waitForTimeout(1_000);
  const last = tab.getByText("Video 1 with");
  const tasks = await tasksOf(tab, async () => {
    // Through all of it once, page by page, then up and down.
    await expect
      .poll(async () => {
        await tab.mouse.wheel(0, 2_000);
        return last.isVisible();
      }, LONG)
      .toBe(true);
    for (let round = 0; round < 3; round += 1) {
      await tab.mouse.wheel(0, -100_000);
      await box.pressSequentially("https://www.youtube.com/", { delay: 20 });
      await box.fill("");
      for (let step = 0; step < 15; step += 1) {
        await tab.mouse.wheel(0, 3_500);
        await tab.waitForTimeout(40);
      }
    }
  });
  const longest = Math.max(...tasks);
  console.info(`${tasks.length} tasks, the longest ${longest.toFixed(1)} ms of processor time`);
  expect(tasks.length).toBeGreaterThan(100);
  expect(longest).toBeLessThan(MOST_MS);
  await leave();
}, 120_000);
