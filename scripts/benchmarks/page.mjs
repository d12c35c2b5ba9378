// What the page costs a browser: called by page.py with the origin and the account's name and password.
// Prints one JSON object.

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const frontend = fileURLToPath(new URL("../../frontend/package.json", import.meta.url));
const { chromium } = createRequire(frontend)("playwright-core");
const [origin, login, password, batch, seconds] = process.argv.slice(2);
const PATHS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const executablePath = process.env.CHROMIUM ?? PATHS.find((path) => existsSync(path));
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--lang=en-GB"] });

async function visitor() {
  const context = await browser.newContext({ baseURL: origin, viewport: { width: 1280, height: 800 } });
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
const rows = await page.evaluate(() => document.querySelectorAll("li").length);

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

/** After half a minute without a network: until what is shown is again what the API says. */
await context.setOffline(true);
await page.waitForTimeout(30_000);
await context.setOffline(false);
const back = Date.now();
const now = await (await context.request.get(`/api/youtube/multi/batch/${batch}`)).json();
while ((await shown()) < Math.floor(now.progress) && Date.now() - back < 30_000) await page.waitForTimeout(20);
const caught_up_ms = Date.now() - back;

await browser.close();
console.log(JSON.stringify({ first, tasks, rows, lags, caught_up_ms }));
