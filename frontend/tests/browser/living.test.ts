/** What moves, what is taken back, and what happens when the server goes away. */

import type { Page, Request } from "playwright-core";
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

/** The connections for events that are open, and whose they are. */
function countConnections(tabs: Page[]): Map<Request, Page> {
  const open = new Map<Request, Page>();
  for (const tab of tabs) {
    tab.on("request", (request) => {
      if (request.url().includes("/api/youtube/events")) {
        open.set(request, tab);
      }
    });
    tab.on("requestfinished", (request) => open.delete(request));
    tab.on("requestfailed", (request) => open.delete(request));
    tab.on("close", () => {
      [...open].filter(([, owner]) => owner === tab).forEach(([request]) => open.delete(request));
    });
  }
  return open;
}

it("eight tabs share one connection, and go on when the one that has it is closed", async () => {
  const { page, leave, context } = await visit({ path: "/livez" });
  const others = await Promise.all(Array.from({ length: 7 }, () => context.newPage()));
  const tabs = [page, ...others];
  // Two tabs may reach for it at the same moment; then one of them lets go.
  const open = countConnections(tabs);
  for (const tab of tabs) {
    await tab.goto("/");
  }
  await page.getByRole("textbox", { name: /^Link to a video/ }).fill(video(SLOW));
  await page.keyboard.press("Enter");
  const barOf = (tab: Page) => tab.getByRole("progressbar", { name: /Slow video 150/ });
  await Promise.all(tabs.map((tab) => barOf(tab).waitFor()));
  await expect.poll(() => open.size).toBe(1);
  const [leader] = open.values();
  const left = tabs.filter((tab) => tab !== leader);
  const [first, second] = left;
  const progress = async () =>
    first ? Number(await barOf(first).getAttribute("aria-valuenow")) : 0;
  await expect.poll(progress).toBeGreaterThan(2);
  await leader?.close({ runBeforeUnload: false });
  const before = await progress();
  await expect.poll(() => open.size).toBe(1);
  await expect.poll(progress).toBeGreaterThan(before + 2);
  await first?.getByRole("button", { name: "Cancel: Slow video 150" }).click();
  await second?.getByRole("button", { name: "Try again: Slow video 150" }).waitFor();
  await expect.poll(() => open.size).toBe(1);
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
  await page.getByText("The connection is down.").waitFor({ state: "detached" });
  await page
    .getByText(/^Downloading|^Preparing|^Waiting/)
    .first()
    .waitFor();
  await page.getByRole("button", { name: "Cancel: Slow video 150" }).click();
  await page.getByRole("button", { name: "Try again: Slow video 150" }).waitFor();
  await leave();
});

it("who asked for it is told of what ends while they look elsewhere, and of many once", async () => {
  const { page, box, leave } = await visit({ path: "/livez" });
  await page.addInitScript(() => {
    function Told(title: string, { body }: { body: string }) {
      const { dataset } = document.documentElement;
      dataset.told = `${dataset.told ?? ""}${title}: ${body}\n`;
    }
    const allowed = { permission: "granted", requestPermission: () => Promise.resolve("granted") };
    Object.assign(globalThis, { Notification: Object.assign(Told, allowed) });
    Object.defineProperty(document, "hidden", { get: () => location.pathname === "/" });
  });
  const told = () => page.evaluate(() => document.documentElement.dataset.told);
  await page.goto("/");
  await box.fill(video("OKAY_000071"));
  await box.press("Enter");
  await page.getByRole("link", { name: "Save Ordinary video 71" }).waitFor();
  expect(await told()).toBeUndefined();
  await page.goto("/account");
  await page.getByLabel(/^Tell me when a download ends/).check();
  expect(await told()).toBe("Magpie: You will be told like this.\n");
  await page.goto("/");
  await box.fill([video("OKAY_000072"), video("OKAY_000073"), video("OKAY_000074")].join("\n"));
  await box.press("Enter");
  await page.getByText("3 of 3 done").waitFor();
  await expect.poll(told).toMatch(/^Ordinary video 7[234]: The last of its list has ended\.\n$/);
  await leave();
});
