/** What moves, what is taken back, and what happens when the server goes away. */

import type { Request } from "playwright-core";
import { expect, it, onTestFinished } from "vitest";

import { ownStack, PASSWORD } from "./stack";
import { video, visit } from "./visit";

const SLOW = "SLOW_000150";

it("progress arrives by itself and a download can be cancelled and tried again", async () => {
  const { page, box, leave } = await visit();
  await box.fill(video(SLOW));
  await box.press("Enter");
  const bar = page.getByRole("progressbar", { name: "Progress of Slow video 150" });
  await bar.waitFor();
  await expect.poll(async () => Number(await bar.getAttribute("aria-valuenow"))).toBeGreaterThan(3);
  expect(await page.title()).toMatch(/^\d+% · Magpie$/);
  await page.getByRole("button", { name: "Cancel: Slow video 150" }).click();
  await page.getByRole("button", { name: "Try again: Slow video 150" }).click();
  await bar.waitFor();
  await page.getByRole("button", { name: "Cancel: Slow video 150" }).click();
  await page.getByRole("button", { name: "Try again: Slow video 150" }).waitFor();
  await expect.poll(() => page.title()).toBe("Magpie");
  await leave();
});

it("without events the page asks, and moves all the same", async () => {
  const { page, box, leave, forgiveErrors } = await visit({ path: "/about" });
  await page.route("**/api/youtube/events*", (route) => route.fulfill({ status: 404 }));
  forgiveErrors();
  await page.goto("/");
  await box.fill(video("OKAY_000031"));
  await box.press("Enter");
  await page.getByRole("link", { name: "Save Ordinary video 31" }).waitFor();
  await leave();
});

it("eight tabs share one connection, and go on when the one that has it is closed", async () => {
  const { page, box, leave, context } = await visit();
  await page.getByText("Nothing here yet").waitFor();
  const others = await Promise.all(Array.from({ length: 7 }, () => context.newPage()));
  // Two tabs may reach for it at the same moment; then one of them lets go.
  const open = new Set<Request>();
  [page, ...others].forEach((tab) => {
    tab.on("request", (request) => {
      if (request.url().includes("/api/youtube/events")) {
        open.add(request);
      }
    });
    tab.on("requestfinished", (request) => open.delete(request));
    tab.on("requestfailed", (request) => open.delete(request));
  });
  for (const tab of others) {
    await tab.goto("/");
  }
  await box.fill(video(SLOW));
  await box.press("Enter");
  const bars = others.map((tab) => tab.getByRole("progressbar", { name: /Slow video 150/ }));
  await Promise.all(bars.map((bar) => bar.waitFor()));
  expect(open.size).toBe(0);
  const [last] = bars.slice(-1);
  const progress = async () => Number(await last?.getAttribute("aria-valuenow"));
  await expect.poll(progress).toBeGreaterThan(2);
  await page.close({ runBeforeUnload: false });
  const before = await progress();
  await expect.poll(() => open.size).toBe(1);
  await expect.poll(progress).toBeGreaterThan(before + 2);
  const survivor = others.at(-1);
  await survivor?.getByRole("button", { name: "Cancel: Slow video 150" }).click();
  await others[0]?.getByRole("button", { name: "Try again: Slow video 150" }).waitFor();
  expect(open.size).toBe(1);
  await leave();
});

it("finished downloads are found by their words and by how they ended", async () => {
  const { page, box, leave } = await visit();
  await box.fill([video("OKAY_000051"), video("PRIVATE_051")].join("\n"));
  await box.press("Enter");
  await page.getByText("1 of 2 done").waitFor();
  await page.getByPlaceholder("Search title").fill("nothing like it");
  await page.getByText("Nothing matches.").waitFor();
  await page.getByPlaceholder("Search title").fill("ordinary");
  await page.getByText("1 of 2 done").waitFor();
  await leave();
});

it("another account sees nothing of it, also after the first one logs out", async () => {
  const { page, box, leave, context } = await visit();
  await box.fill(video("OKAY_000061"));
  await box.press("Enter");
  await page.getByRole("link", { name: "Save Ordinary video 61" }).waitFor();
  await page.getByRole("button", { name: "Account and settings" }).click();
  await page.getByRole("menuitem", { name: "Log out" }).click();
  await page.getByRole("heading", { name: "Log in" }).waitFor();
  const name = `other-${process.pid}`;
  const data = { username: name, email: `${name}@example.org`, password: PASSWORD };
  await context.request.post("/api/auth/register", { data });
  await page.getByLabel("Username or e-mail").fill(name);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByText("Nothing here yet").waitFor();
  expect(await page.getByText("Ordinary video 61").count()).toBe(0);
  await leave();
});

it("after a restart of the server the page is right again by itself", async () => {
  const stack = await ownStack();
  onTestFinished(stack.end);
  const { page, box, leave, forgiveErrors } = await visit({ origin: stack.origin });
  await box.fill(video(SLOW));
  await box.press("Enter");
  await page.getByRole("progressbar").waitFor();
  // The browser itself logs every request that finds nobody.
  forgiveErrors();
  await stack.stop();
  await page.getByText("The connection is down.").waitFor();
  await stack.restart();
  const back = Date.now();
  await page.getByText("The connection is down.").waitFor({ state: "detached" });
  await page
    .getByText(/^Downloading|^Preparing|^Waiting/)
    .first()
    .waitFor();
  expect(Date.now() - back).toBeLessThan(2_500);
  await page.getByRole("button", { name: "Cancel: Slow video 150" }).click();
  await page.getByRole("button", { name: "Try again: Slow video 150" }).waitFor();
  await leave();
});
