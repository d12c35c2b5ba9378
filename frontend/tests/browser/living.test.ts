/** What moves, what is taken back, and what happens when the server goes away. */

import { expect, it, onTestFinished } from "vitest";

import { ownStack, PASSWORD } from "./stack";
import { video, visit } from "./visit";

const SLOW = "SLOW_000150";
const POLL = { timeout: 20_000, interval: 200 };

it("progress arrives by itself and a download can be cancelled and tried again", async () => {
  const { page, box, leave } = await visit();
  await box.fill(video(SLOW));
  await box.press("Enter");
  const bar = page.getByRole("progressbar", { name: "Progress of Slow video 150" });
  await bar.waitFor();
  await expect
    .poll(async () => Number(await bar.getAttribute("aria-valuenow")), POLL)
    .toBeGreaterThan(3);
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

it("what is removed can be brought back for a while", async () => {
  const { page, box, leave } = await visit();
  await box.fill(video("OKAY_000032"));
  await box.press("Enter");
  const link = page.getByRole("link", { name: "Save Ordinary video 32" });
  await link.waitFor();
  const remove = async () => {
    await page.getByRole("button", { name: "More for Ordinary video 32" }).click();
    await page.getByRole("menuitem", { name: "Remove" }).click();
    await link.waitFor({ state: "detached" });
  };
  await remove();
  await page.getByRole("button", { name: "Undo" }).click();
  await link.waitFor();
  await remove();
  await page.waitForResponse((answer) => answer.request().method() === "DELETE" && answer.ok());
  await page.reload();
  await page.getByText("Nothing here yet").waitFor();
  await leave();
});

it("several rows are removed at once", async () => {
  const { page, box, leave } = await visit();
  for (const id of ["OKAY_000041", "OKAY_000042"]) {
    await box.fill(video(id));
    await box.press("Enter");
    await page
      .getByRole("link", { name: /^Save Ordinary video/ })
      .first()
      .waitFor();
  }
  await page.getByRole("link", { name: "Save Ordinary video 42" }).waitFor();
  await page.getByRole("checkbox", { name: "Select Ordinary video 42" }).check();
  await page.getByRole("checkbox", { name: "Select all shown" }).check();
  await page.getByText("2 selected").first().waitFor();
  await page.getByRole("button", { name: "Remove", exact: true }).click();
  await page.getByText("2 removed, with their files.").waitFor();
  await page
    .getByRole("link", { name: /^Save Ordinary video/ })
    .first()
    .waitFor({ state: "detached" });
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
