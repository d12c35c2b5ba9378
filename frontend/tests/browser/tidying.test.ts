/** Out of sight, away for good, and on to another app. */

import { expect, it } from "vitest";

import { expectAccessible, PHONE, video, type Visit, visit } from "./visit";

async function fetched({ page, box }: Visit, id: string, title: string) {
  await box.fill(video(id));
  await box.press("Enter");
  const link = page.getByRole("link", { name: `Save ${title}` });
  await link.waitFor();
  return link;
}

async function choose({ page }: Visit, title: string, action: string) {
  await page.getByRole("button", { name: `More for ${title}` }).click();
  await page.getByRole("menuitem", { name: action }).click();
}

it("what is hidden can be brought back, and its file stays", async () => {
  const visited = await visit();
  const { page, leave } = visited;
  const link = await fetched(visited, "OKAY_000032", "Ordinary video 32");
  await choose(visited, "Ordinary video 32", "Hide from the list");
  await link.waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Undo" }).click();
  await link.waitFor();
  await choose(visited, "Ordinary video 32", "Hide from the list");
  await page.getByText("Everything here is hidden.").waitFor();
  await page.reload();
  await page.getByText("Everything here is hidden.").waitFor();
  await page.getByRole("button", { name: "Tidy up" }).click();
  await page.getByRole("menuitem", { name: "Show what is hidden" }).click();
  await link.waitFor();
  await choose(visited, "Ordinary video 32", "Show in the list again");
  await page.reload();
  await link.waitFor();
  await leave();
});

it("a file is deleted for good, once that is confirmed", async () => {
  const visited = await visit();
  const { page, leave } = visited;
  const link = await fetched(visited, "OKAY_000033", "Ordinary video 33");
  await choose(visited, "Ordinary video 33", "Delete with its file…");
  const question = page.getByRole("alertdialog", { name: "Delete this download?" });
  await expectAccessible(page);
  await question.getByRole("button", { name: "Keep" }).click();
  await link.waitFor();
  await choose(visited, "Ordinary video 33", "Delete with its file…");
  const gone = page.waitForResponse((one) => one.request().method() === "DELETE" && one.ok());
  await question.getByRole("button", { name: "Delete" }).click();
  await gone;
  await page.getByText("Nothing here yet").waitFor();
  await page.reload();
  await page.getByText("Nothing here yet").waitFor();
  await leave();
});

it("what failed is removed, unless one thinks better of it", async () => {
  const visited = await visit();
  const { page, box, leave } = visited;
  await box.fill(video("PRIVATE_031"));
  await box.press("Enter");
  const failure = page.getByText("This video is private.").first();
  await page.getByRole("button", { name: /^Try again:/ }).waitFor();
  const link = await fetched(visited, "OKAY_000034", "Ordinary video 34");
  const tidy = async () => {
    await page.getByRole("button", { name: "Tidy up" }).click();
    await page.getByRole("menuitem", { name: "Remove what failed" }).click();
    await failure.waitFor({ state: "detached" });
  };
  await tidy();
  await page.getByRole("button", { name: "Undo" }).click();
  await failure.waitFor();
  const gone = page.waitForResponse((one) => one.request().method() === "DELETE" && one.ok());
  await tidy();
  await gone;
  await page.reload();
  await link.waitFor();
  expect(await page.getByRole("button", { name: /^Try again:/ }).count()).toBe(0);
  await leave();
});

it("several rows are hidden or deleted at once, and everything that is done", async () => {
  const visited = await visit();
  const { page, leave } = visited;
  await fetched(visited, "OKAY_000041", "Ordinary video 41");
  await fetched(visited, "OKAY_000042", "Ordinary video 42");
  const saves = page.getByRole("link", { name: /^Save Ordinary video/ });
  const inOrder = () => saves.evaluateAll((all) => all.map((one) => one.ariaLabel?.slice(-2)));
  expect(await inOrder()).toEqual(["42", "41"]);
  await page.getByLabel("Order").selectOption("Oldest first");
  expect(await inOrder()).toEqual(["41", "42"]);
  await page.getByLabel("Order").selectOption("Newest first");
  await page.getByRole("button", { name: "Tidy up" }).click();
  await page.getByRole("menuitem", { name: "Hide everything that is done" }).click();
  await page.getByText("Everything here is hidden.").waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
  await saves.nth(1).waitFor();
  await page.getByRole("checkbox", { name: "Select Ordinary video 42" }).check();
  await page.getByRole("checkbox", { name: "Select all shown" }).check();
  await page.getByText("2 selected").first().waitFor();
  await page.getByRole("button", { name: "Hide", exact: true }).click();
  await page.getByText("2 hidden in this browser.").waitFor();
  await page.getByRole("button", { name: "Undo" }).first().click();
  await saves.nth(1).waitFor();
  await page.getByRole("checkbox", { name: "Select Ordinary video 42" }).check();
  await page.getByRole("checkbox", { name: "Select all shown" }).check();
  await page.getByRole("button", { name: "Delete…" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
  await page.getByText("2 deleted.").waitFor();
  await page.getByText("Nothing here yet").waitFor();
  await leave();
});

it("on a phone a file is handed to another app", async () => {
  const visited = await visit({ viewport: PHONE, path: "/livez" });
  const { page, leave } = visited;
  await page.addInitScript(() => {
    Object.assign(Navigator.prototype, {
      canShare: () => true,
      share: (data: ShareData) => {
        document.body.dataset.shared = data.files?.map((file) => file.name).join();
        return Promise.resolve();
      },
    });
  });
  await page.goto("/");
  await fetched(visited, "OKAY_000043", "Ordinary video 43");
  await choose(visited, "Ordinary video 43", "Share the file…");
  await page.getByRole("button", { name: "Share", exact: true }).click();
  await expect
    .poll(() => page.evaluate(() => document.body.dataset.shared))
    .toBe("Ordinary video 43.mp4");
  await leave();
});
