/**
 * A thousand rows and fifty that run: the page draws what is near the screen, and of that only what
 * changed. How long its tasks take is measured by `scripts/bench page`.
 */

import { expect, it } from "vitest";

import { visit } from "./visit";

const ROWS = 1_000;
const RUNNING = 50;
/** Two screens of rows, and what is kept ready above and below them. */
const MOST_DRAWN = 60;
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

/** Events that never end, of all that run: there is always something new to show. */
function playEvents({ ids }: { ids: string[] }) {
  class Busy extends EventTarget {
    #step = 0;
    constructor() {
      super();
      setTimeout(() => this.dispatchEvent(new Event("open")), 100);
      setInterval(() => {
        this.#step += 1;
        // Shown in whole megabytes, and far from its end however long the test takes.
        const told = { progress: this.#step / 100, downloaded_bytes: this.#step * 10_000_000 };
        for (const id of ids) {
          const data = JSON.stringify({ id, ...told });
          this.dispatchEvent(new MessageEvent("download", { data, lastEventId: "1" }));
        }
      }, 250);
    }
    close() {
      // It goes on for as long as the page does.
    }
  }
  Object.assign(globalThis, { EventSource: Busy });
}

/** Counts how often a title of what has ended is read, which drawing its row begins with. */
function countDrawings() {
  const watched = (item: { status?: string; title?: unknown }) => {
    const { status, title } = item;
    const get = () => {
      document.body.dataset.drawings = String(Number(document.body.dataset.drawings ?? 0) + 1);
      return title;
    };
    return status === "completed"
      ? Object.defineProperty(item, "title", { enumerable: true, get })
      : item;
  };
  Response.prototype.json = async function read(this: Response) {
    const value = JSON.parse(await this.text()) as { items?: { status?: string }[] };
    value.items?.forEach(watched);
    return value;
  };
}

it("of a thousand rows those near the screen are drawn, and not again because others run", async () => {
  const { page: tab, box, leave } = await visit({ path: "/about" });
  await tab.route("**/api/youtube/downloads?*", (route) =>
    route.fulfill({ json: page(new URL(route.request().url()).searchParams) }),
  );
  await tab.route("**/api/youtube/single/status/*", (route) => {
    const wanted = route.request().url().split("/").at(-1);
    return route.fulfill({ json: running.find((one) => one.id === wanted) });
  });
  await tab.addInitScript(countDrawings);
  await tab.addInitScript(playEvents, { ids: running.map((one) => one.id) });
  await tab.goto("/");
  await tab.getByText("Video 1000 with").waitFor();
  const list = tab.getByRole("list", { name: "Finished" });
  const drawn: number[] = [];
  // Through all of it once, page by page, then back to the top while something is typed.
  await expect
    .poll(async () => {
      await tab.mouse.wheel(0, 2_000);
      drawn.push(await list.getByRole("listitem").count());
      return tab.getByText("Video 1 with").isVisible();
    }, LONG)
    .toBe(true);
  await tab.mouse.wheel(0, -100_000);
  await box.pressSequentially("not a link yet", { delay: 20 });
  await tab.getByText("Video 1000 with").waitFor();
  expect(Math.max(...drawn)).toBeLessThan(MOST_DRAWN);
  expect(Math.min(...drawn)).toBeGreaterThan(0);
  expect(await tab.evaluate(() => Number(document.body.dataset.drawings))).toBeGreaterThan(
    MOST_DRAWN,
  );

  // Once the scrolling has settled; rows that are drawn with the others are so in every look.
  await expect
    .poll(() => tab.evaluate(changesWhileMoving), LONG)
    .toEqual({ movesActive: true, finished: 0, drawings: 0 });
  await leave();
}, 180_000);

/** What changes of either list until the running ones have moved a few times. */
async function changesWhileMoving() {
  const RUNNING_CHANGES = 50;
  let [active, finished] = [0, 0];
  const watch = (name: string, note: (changes: number) => void) => {
    const list = document.querySelector(`ul[aria-label="${name}"]`);
    if (!list) {
      throw new Error(`no list ${name}`);
    }
    const observer = new MutationObserver((records) => {
      note(records.length);
    });
    const all = { subtree: true, childList: true, attributes: true, characterData: true };
    observer.observe(list, all);
    return observer;
  };
  const observers = [
    watch("Active", (changes) => (active += changes)),
    watch("Finished", (changes) => (finished += changes)),
  ];
  const drawings = () => Number(document.body.dataset.drawings);
  const drawnBefore = drawings();
  const until = Date.now() + 60_000;
  while (active < RUNNING_CHANGES && Date.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  observers.forEach((observer) => {
    observer.disconnect();
  });
  return { movesActive: active >= RUNNING_CHANGES, finished, drawings: drawings() - drawnBefore };
}
