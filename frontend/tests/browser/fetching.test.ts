/** From a link to a file. */

import { expect, it, onTestFinished } from "vitest";

import { ownStack, PASSWORD } from "./stack";
import { expectAccessible, namesIn, playlist, save, shoot, video, visit } from "./visit";

it("the first one here creates an account, pastes a link and saves the file", async () => {
  const stack = await ownStack();
  onTestFinished(stack.end);
  const { page, box, leave } = await visit({ isNew: true, origin: stack.origin });
  await page.getByRole("heading", { name: "Set up your Magpie" }).waitFor();
  await page.getByLabel("Username").fill("first");
  await page.getByLabel("E-mail").fill("first@example.org");
  await page.getByLabel("Password", { exact: true }).fill("a good long one");
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByText("you are the administrator").waitFor();

  await box.fill(video("OKAY_000001"));
  await page.getByTestId("preview").getByText("Ordinary video 1").waitFor();
  await box.press("Enter");
  const link = page.getByRole("link", { name: "Save Ordinary video 1" });
  await link.waitFor();
  const { name, bytes } = await save(page, link);
  expect(name).toBe("Ordinary video 1.mp4");
  expect(bytes.subarray(4, 8).toString()).toBe("ftyp");
  await leave();
});

it("many links are counted, bad ones marked, and saved as one ZIP", async () => {
  const { page, box, leave } = await visit();
  const links = [video("OKAY_000011"), "not a link", video("OKAY_000012"), video("PRIVATE_011")];
  await box.fill(links.join("\n"));
  await page.getByText("1 line is not a link").waitFor();
  expect(await page.getByRole("button", { name: "Download 4" }).isDisabled()).toBe(true);
  await box.fill(links.filter((link) => link.startsWith("https")).join("\n"));
  await page.getByText("3 / 50 links").waitFor();
  await box.press("Enter");

  const zip = page.getByRole("link", { name: /^Save ZIP/ });
  await zip.waitFor();
  await page.getByText("2 of 3 done").waitFor();
  await page.getByRole("button", { name: /^Show the videos of/ }).click();
  await page.getByText("This video is private.").first().waitFor();
  const { name, bytes } = await save(page, zip);
  expect(name).toMatch(/\.zip$/);
  expect(namesIn(bytes).toSorted()).toEqual(["Ordinary video 11.mp4", "Ordinary video 12.mp4"]);
  await leave();
});

it("a line that only the server can refuse is marked where it stands", async () => {
  const { page, box, leave, forgiveErrors } = await visit();
  await box.fill([video("OKAY_000011"), "", "https://elsewhere.example/watch"].join("\n"));
  forgiveErrors();
  await box.press("Enter");
  await page.getByText("Line 3: This link is not one of this platform.").waitFor();
  expect(await page.locator("[data-bad]").textContent()).toBe("3");
  await leave();
});

it("fifty links are one row", async () => {
  const { page, box, leave } = await visit();
  const ids = Array.from(
    { length: 50 },
    (_, index) => `OKAY_${String(index + 101).padStart(6, "0")}`,
  );
  await box.fill(ids.map(video).join("\n"));
  await page.getByText("50 / 50 links").waitFor();
  await page.getByRole("button", { name: "Download 50" }).click();
  await page.getByText(/\d+ of 50 done/).waitFor();
  await page.getByRole("button", { name: /^Cancel the rest/ }).click();
  await page.getByText(/\d+ cancelled/).waitFor();
  await leave();
});

it("videos of a playlist are picked by range and by hand", async () => {
  const { page, box, leave } = await visit();
  await box.fill(playlist("PLstandin_of_00012"));
  await page.getByRole("button", { name: "Choose videos…" }).click();
  await page.getByText("12 of 12 chosen").waitFor();
  await page.getByLabel("Range").fill("1-3");
  await page.getByRole("button", { name: "Pick", exact: true }).click();
  await page.getByRole("checkbox", { name: /^7 Ordinary/ }).check();
  await page.getByLabel("Filter by title").fill("video 12");
  await page.getByRole("button", { name: "All", exact: true }).last().click();
  await page.getByText("5 of 12 chosen").waitFor();
  await page.getByRole("button", { name: "Download 5" }).click();

  const zip = page.getByRole("link", { name: "Save ZIP: Playlist of 12" });
  await zip.waitFor();
  const { name, bytes } = await save(page, zip);
  expect(name).toBe("Playlist of 12.zip");
  expect(namesIn(bytes).map((entry) => entry.slice(0, 3))).toEqual([
    "001",
    "002",
    "003",
    "007",
    "012",
  ]);
  await leave();
});

it("a link to a video in a playlist asks which of them is meant", async () => {
  const { page, box, leave } = await visit();
  await box.fill(`${video("OKAY_000001")}&list=PLstandin_of_00012`);
  await page.getByLabel("The playlist (12)").check();
  await page.getByRole("button", { name: "Download all 12" }).waitFor();
  await page.getByLabel("This video").check();
  await page.getByRole("button", { name: "Download", exact: true }).click();
  await page.getByRole("link", { name: "Save Ordinary video 1" }).waitFor();
  await leave();
});

it("what was chosen last is chosen the next time, and what one has is said", async () => {
  const { page, box, leave } = await visit();
  await page.getByText("Audio", { exact: true }).click();
  await page.getByLabel("Quality").selectOption("192k");
  await box.fill(video("OKAY_000021"));
  await box.press("Enter");
  const link = page.getByRole("link", { name: "Save Ordinary video 21" });
  await link.waitFor();
  expect((await save(page, link)).name).toBe("Ordinary video 21.mp3");
  await page.reload();
  expect(await page.getByLabel("Audio").isChecked()).toBe(true);
  expect(await page.getByLabel("Quality").inputValue()).toBe("192k");
  await box.fill(video("OKAY_000021"));
  await page.getByText("You already have this").waitFor();
  await leave();
});

it("where registration is closed nobody is offered an account", async () => {
  const stack = await ownStack({ MAGPIE_REGISTRATION: "first" });
  onTestFinished(stack.end);
  const data = { username: "first", email: "first@example.org", password: PASSWORD };
  const { page, context, leave } = await visit({ isNew: true, origin: stack.origin });
  await page.getByRole("heading", { name: "Set up your Magpie" }).waitFor();
  expect((await context.request.post("/api/auth/register", { data })).status()).toBe(201);
  await page.reload();
  await page.getByRole("heading", { name: "Log in" }).waitFor();
  expect(await page.getByRole("button", { name: "Create account" }).count()).toBe(0);
  await leave();
});

it("what the site offers is seen before it is fetched, and chosen from", async () => {
  const { page, box, leave } = await visit();
  await box.fill(video("OKAY_000022"));
  await page.getByRole("button", { name: "All formats" }).click();
  const formats = page.getByTestId("formats");
  await formats.getByRole("radio", { name: /^720p.*25 fps.*H.264.*VP9.*1.8 MB/ }).check();
  await formats.getByText("Fetches 720p with the best sound").waitFor();
  expect(await page.getByLabel("Quality").inputValue()).toBe("720p");
  await formats.getByRole("radio", { name: /^Audio.*128 kbit.*Opus/ }).check();
  expect(await page.getByLabel("Format", { exact: true }).inputValue()).toBe("opus");
  await expectAccessible(page);
  await shoot(page, "formats");
  await box.press("Enter");
  const link = page.getByRole("link", { name: "Save Ordinary video 22" });
  await link.waitFor();
  expect((await save(page, link)).name).toBe("Ordinary video 22.opus");
  await leave();
});

it("videos of a playlist are chosen by their length", async () => {
  const { page, box, leave } = await visit();
  await box.fill(playlist("PLstandin_of_00012"));
  await page.getByRole("button", { name: "Choose videos…" }).click();
  await page.getByText("12 of 12 chosen").waitFor();
  await page.getByLabel("Length").selectOption("Over 20 minutes");
  await page.getByText("No video is like that.").or(page.getByRole("checkbox")).first().waitFor();
  const long = await page.getByRole("dialog").getByRole("checkbox").count();
  await page.getByRole("button", { name: "None", exact: true }).click();
  await page.getByText(`${12 - long} of 12 chosen`).waitFor();
  await page.getByLabel("Length").selectOption("Up to 4 minutes");
  await page.getByRole("dialog").getByRole("checkbox").first().waitFor();
  await leave();
});
