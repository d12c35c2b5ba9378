// What the page costs a browser: called by page.py with the origin and the account's name and password.
// Prints one JSON object.

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import net from "node:net";
import { fileURLToPath } from "node:url";

const frontend = fileURLToPath(new URL("../../frontend/package.json", import.meta.url));
const { chromium } = createRequire(frontend)("playwright-core");
const [origin, login, password, batch, seconds] = process.argv.slice(2);
const PATHS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const executablePath = process.env.CHROMIUM ?? PATHS.find((path) => existsSync(path));
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--lang=en-GB"] });

async function visitor(baseURL = origin) {
  const context = await browser.newContext({ baseURL, viewport: { width: 1280, height: 800 } });
  const answer = await context.request.post("/api/auth/login", { data: { login, password } });
  if (!answer.ok()) throw new Error(`cannot log in: ${answer.status()}`);
  await context.addInitScript(() => {
    localStorage.setItem("magpie.session", "yes");
    globalThis.longTasks = [];
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) globalThis.longTasks.push(entry.duration);
    }).observe({ type: "longtask", buffered: true });
  });
  return { context, page: await context.newPage() };
}

const box = (page) => page.getByRole("textbox", { name: /^Link to a video/ });

/** First paint and first interaction of a first visit, nothing cached, and what its scripts weigh. */
async function firstScreen() {
  const { context, page } = await visitor();
  await page.goto("/");
  await box(page).fill("a");
  const figures = await page.evaluate(() => {
    const [paint] = performance.getEntriesByName("first-contentful-paint");
    const scripts = performance.getEntriesByType("resource").filter((one) => one.name.endsWith(".js"));
    return {
      paint_ms: paint.startTime,
      interactive_ms: performance.now(),
      script_bytes: scripts.reduce((sum, one) => sum + one.encodedBodySize, 0),
    };
  });
  await context.close();
  return figures;
}

const first = [];
for (let round = 0; round < 5; round += 1) first.push(await firstScreen());

/** The longest tasks while the lists move: scrolling through everything, and typing. */
const { context, page } = await visitor();
await page.goto("/");
await page.getByText(/of 50 done/).first().waitFor();
await page.waitForTimeout(2000);
await page.evaluate(() => globalThis.longTasks.splice(0));
await browser.startTracing(page, { categories: ["devtools.timeline", "disabled-by-default-devtools.timeline"] });
const until = Date.now() + 1000 * Number(seconds);
while (Date.now() < until) {
  for (let step = 0; step < 20; step += 1) {
    await page.mouse.wheel(0, 600);
    await page.waitForTimeout(50);
  }
  await page.mouse.wheel(0, -20_000);
  await box(page).pressSequentially("https://www.youtube.com/", { delay: 30 });
  await box(page).fill("");
}
const tasks = await page.evaluate(() => globalThis.longTasks);
const processor_ms = longestOf(JSON.parse((await browser.stopTracing()).toString()).traceEvents);
const rows = await page.evaluate(() => document.querySelectorAll("li").length);

/** The longest task of the page's main thread, in processor time: who else uses the machine does not count. */
function longestOf(events) {
  const isOurs = (event) => event.args?.data?.url?.startsWith(origin);
  const ours = new Set(events.filter(isOurs).map((event) => event.pid));
  const isMain = (event) => event.name === "thread_name" && event.args.name === "CrRendererMain";
  const mains = events.filter((event) => isMain(event) && ours.has(event.pid));
  const isTask = (event) => event.name === "RunTask" && mains.some((main) => main.pid === event.pid && main.tid === event.tid);
  return Math.max(...events.filter(isTask).map((event) => (event.tdur ?? 0) / 1000));
}

/** How far what is shown of the batch lags behind what the API says: both are looked at in turn. */
const shown = async () => Number.parseFloat((await page.getByText(/^\d+%$/).first().textContent()) ?? "0");
const lags = [];
for (let look = 0; look < 20; look += 1) {
  const answer = await context.request.get(`/api/youtube/multi/batch/${batch}`);
  const wanted = Math.floor((await answer.json()).progress);
  const started = Date.now();
  while ((await shown()) < wanted && Date.now() - started < 10_000) await page.waitForTimeout(20);
  lags.push(Date.now() - started);
  await page.waitForTimeout(150);
}

/** A wire to Magpie that can be cut: a browser's emulation lets streams live that are open already. */
async function wire() {
  const { hostname, port } = new URL(origin);
  const ends = new Set();
  const server = net.createServer((near) => {
    const far = net.connect(Number(port), hostname);
    for (const end of [near, far]) {
      ends.add(end);
      end.on("error", () => {}).on("close", () => (near.destroy(), far.destroy(), ends.delete(end)));
    }
    near.pipe(far).pipe(near);
  });
  const listen = (at) => new Promise((resolve) => server.listen(at, "127.0.0.1", resolve));
  await listen(0);
  const at = server.address().port;
  return {
    origin: `http://127.0.0.1:${at}`,
    cut: () => (server.close(), ends.forEach((end) => end.destroy())),
    mend: () => listen(at),
  };
}

/** After half a minute without a network: until what is shown is again what the API says. */
const line = await wire();
const cutOff = await visitor(line.origin);
await cutOff.page.goto("/");
await cutOff.page.getByText(/of 50 done/).first().waitFor();
await cutOff.page.waitForTimeout(2000);
const seen = async () => Number.parseFloat((await cutOff.page.getByText(/^\d+%$/).first().textContent()) ?? "0");
line.cut();
const cut = Date.now();
await cutOff.page.getByText(/connection is down/i).first().waitFor();
const noticed_ms = Date.now() - cut;
const behind = await seen();
await cutOff.page.waitForTimeout(30_000 - noticed_ms);
const stale = await seen();
const now = await (await context.request.get(`/api/youtube/multi/batch/${batch}`)).json();
const reached = Math.floor(now.progress);
await line.mend();
const back = Date.now();
while ((await seen()) < reached && Date.now() - back < 30_000) await cutOff.page.waitForTimeout(20);
const caught_up_ms = Date.now() - back;

await browser.close();
line.cut();
console.log(JSON.stringify({ first, tasks, processor_ms, rows, lags, noticed_ms, behind, stale, reached, caught_up_ms }));
