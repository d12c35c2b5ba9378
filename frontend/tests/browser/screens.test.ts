/** How it looks, and whether everybody can use it. */

import { expect, it } from "vitest";

import { PASSWORD } from "./stack";
import {
  expectAccessible,
  expectNoSideways,
  PHONE,
  playlist,
  shoot,
  video,
  type Visit,
  visit,
} from "./visit";

const FIRST_SCREEN_BYTES = 150_000;

/** Something of everything: done, failed, a playlist, one on its way. */
async function furnish({ page, box }: Visit): Promise<void> {
  await box.fill(playlist("PLstandin_mixed_10"));
  await page.getByTestId("preview").waitFor();
  await box.press("Enter");
  await page.getByText(/^8 of 10 done$/).waitFor();
  for (const id of ["CHAPTER_001", "PRIVATE_001", "SHORT_00001"]) {
    await box.fill(video(id));
    await page.waitForTimeout(50);
    await box.press("Enter");
    await page.getByText("Added to the queue.").first().waitFor();
    await expect.poll(() => box.inputValue()).toBe("");
  }
  await page.getByRole("link", { name: /^Save Vertical Short/ }).waitFor();
  await page.getByText("This video is private.").first().waitFor();
  await box.fill([video("SLOW_000300"), video("SLOW_000200"), video("SLOW_000150")].join("\n"));
  await box.press("Enter");
  await expect
    .poll(async () =>
      Number(await page.getByRole("progressbar").first().getAttribute("aria-valuenow")),
    )
    .toBeGreaterThan(15);
  const toast = page.getByRole("status").getByRole("button", { name: "Close" });
  while ((await toast.count()) > 0) {
    await toast.first().click();
  }
}

it("the first screen is small, and everyone can use the door", async () => {
  const scripts: Promise<number>[] = [];
  const { page, leave } = await visit({ isNew: true, path: "/livez" });
  page.on("response", (response) => {
    if (response.url().endsWith(".js")) {
      scripts.push(
        response
          .request()
          .sizes()
          .then((sizes) => sizes.responseBodySize),
      );
    }
  });
  await page.goto("/");
  await page.getByRole("button", { name: "Log in" }).waitFor();
  await page.waitForLoadState("networkidle");
  const total = (await Promise.all(scripts)).reduce((sum, size) => sum + size, 0);
  console.info(`first screen: ${total} bytes of script`);
  expect(total).toBeLessThan(FIRST_SCREEN_BYTES);
  await expectAccessible(page);
  await shoot(page, "login");
  await page.getByRole("button", { name: "Create account" }).click();
  await expectAccessible(page);
  await leave();
});

it("the list is accessible and pleasant at a desk, light and dark", async () => {
  const visited = await visit();
  const { page, box, leave } = visited;
  await expectAccessible(page);
  await furnish(visited);
  await expectAccessible(page);
  await shoot(page, "list-light");
  await page.emulateMedia({ colorScheme: "dark" });
  await expectAccessible(page);
  await shoot(page, "list-dark");
  await page.emulateMedia({ colorScheme: "light" });
  await box.fill([video("OKAY_000001"), "oops", video("OKAY_000002")].join("\n"));
  await shoot(page, "many-links");
  await box.fill(playlist("PLstandin_of_00250"));
  await page.getByRole("button", { name: "Choose videos…" }).click();
  await page.getByText("250 of 250 chosen").waitFor();
  await expectAccessible(page);
  await shoot(page, "picker");
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.getByRole("button", { name: /^Cancel the rest/ }).click();
  await leave();
});

it("a phone shows all of it, without scrolling sideways, with targets for fingers", async () => {
  const visited = await visit({ viewport: PHONE });
  const { page, leave } = visited;
  await page.getByText("Nothing here yet").waitFor();
  await shoot(page, "phone-empty");
  await furnish(visited);
  await expectNoSideways(page);
  await expectAccessible(page);
  await shoot(page, "phone-light");
  await page.emulateMedia({ colorScheme: "dark" });
  await shoot(page, "phone-dark");
  const small = await page.evaluate(() =>
    [...document.querySelectorAll("main button, main a, header button, header a")]
      .map((element) => ({ element, box: element.getBoundingClientRect() }))
      .filter(
        ({ element, box }) =>
          box.width > 1 && (box.width < 24 || box.height < 24) && element.checkVisibility(),
      )
      .map(({ element }) => element.outerHTML.slice(0, 120)),
  );
  expect(small).toEqual([]);
  await page.getByRole("button", { name: /^Cancel the rest/ }).click();
  await leave();
});

it("everything can be done from the keyboard", async () => {
  const { page, box, leave } = await visit();
  await page.getByRole("heading", { level: 1 }).click();
  await page.keyboard.press("/");
  expect(await box.evaluate((element) => element === document.activeElement)).toBe(true);
  await page.keyboard.type("youtu.be/OKAY_000081");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("youtu.be/OKAY_000082");
  await page.getByText("2 / 50 links").waitFor();
  await page.keyboard.press("Escape");
  expect(await box.inputValue()).toBe("");
  await box.blur();
  await page.evaluate((text) => navigator.clipboard.writeText(text), video("OKAY_000083"));
  await page.keyboard.press("Control+V");
  await page.getByTestId("preview").waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: "Save Ordinary video 83" }).waitFor();
  await leave();
});

it("a link that is shared with the page waits in the box", async () => {
  const shared = `/?text=${encodeURIComponent(`Look! ${video("OKAY_000084")}`)}`;
  const { page, box, leave } = await visit({ path: shared });
  await page.getByTestId("preview").getByText("Ordinary video 84").waitFor();
  expect(await box.inputValue()).toBe(video("OKAY_000084"));
  expect(new URL(page.url()).search).toBe("");
  await leave();
});

it("titles of a site are text, whatever is in them", async () => {
  const { page, box, leave } = await visit();
  await box.fill(video("HOSTILE_013"));
  await page.getByTestId("preview").getByText("<script>alert('title')</script>").waitFor();
  await box.press("Enter");
  await page.getByRole("link", { name: /^Save <script>/ }).waitFor();
  await leave();
});

it("an account has usage, a password, sessions and keys", async () => {
  const { page, leave } = await visit({ path: "/account" });
  await page.getByText("this one").waitFor();
  await shoot(page, "account");
  await page.getByLabel("Name").fill("a script");
  await page.getByRole("button", { name: "Create key" }).click();
  await page.getByText(/^mgp_/).first().waitFor();
  await page.getByText(/^Look and download · never used/).waitFor();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Delete the key a script" }).click();
  await page.getByText("No keys yet.").waitFor();
  await page.getByLabel("Current password").fill(PASSWORD);
  await page.getByLabel("New password").fill("another good long one");
  await page.getByRole("button", { name: "Change password" }).click();
  await page.getByText("The password is changed.").waitFor();
  await leave();
});

it("cookies are given by file or pasted, told of by domain alone, and forgotten", async () => {
  const { page, leave } = await visit({ path: "/account" });
  await page.getByText("You have given none.").waitFor();
  const cookie = (domain: string, name: string) =>
    `${domain}\tTRUE\t/\tTRUE\t4102444800\t${name}\ta-secret-of-mine`;
  const file = ["# Netscape HTTP Cookie File", cookie(".youtube.com", "SID")];
  const [chooser] = await Promise.all([
    page.waitForEvent("filechooser"),
    page.getByRole("button", { name: "Choose cookies.txt…" }).click(),
  ]);
  const buffer = Buffer.from(file.join("\n"));
  await chooser.setFiles({ name: "cookies.txt", mimeType: "text/plain", buffer });
  await page.getByText("1 cookie · good until 1 Jan 2100").waitFor();
  await expectAccessible(page);
  const pasted = [...file, cookie(".youtube.com", "HSID"), cookie(".elsewhere.example", "X")];
  await page.getByLabel("Or paste what is in it").fill(pasted.join("\n"));
  await page.getByRole("button", { name: "Keep these" }).click();
  await page.getByText("2 cookies are kept. 1 was left out").waitFor();
  await page.reload();
  await page.getByText("2 cookies · good until").waitFor();
  expect(await page.content()).not.toContain("a-secret-of-mine");
  await page.getByRole("button", { name: "Forget them" }).click();
  await page.getByText("You have given none.").waitFor();
  await leave();
});

it("administrators see users, and everyone what runs here", async () => {
  const { page, leave } = await visit({ path: "/about" });
  await page.getByText("yt-dlp", { exact: true }).waitFor();
  await expectAccessible(page);
  await page.goto("/users");
  await page.getByText("Only administrators see this.").waitFor();
  await leave();
  const admin = await visit({ username: "first", path: "/users" });
  await admin.page.getByRole("combobox", { name: "Role of first" }).waitFor();
  await expectAccessible(admin.page);
  await expectNoSideways(admin.page);
  await admin.page.goto("/audit");
  await admin.page.locator("li").getByText("logged in").first().waitFor();
  await admin.page.getByLabel("Show").selectOption("made an account");
  await admin.page.locator("li").getByText("logged in").first().waitFor({ state: "detached" });
  await admin.page.locator("li").getByText("made an account").first().waitFor();
  await expectAccessible(admin.page);
  await expectNoSideways(admin.page);
  await admin.leave();
});

it("it speaks the language of the browser", async () => {
  const { page, box, leave } = await visit({ locale: "de-DE" });
  await page.getByRole("heading", { name: "Link einfügen. Datei behalten." }).waitFor();
  await box.fill(video("OKAY_000091"));
  await page.getByRole("button", { name: "Herunterladen" }).waitFor();
  expect(await page.locator("html").getAttribute("lang")).toBe("de");
  await expectAccessible(page);
  await box.fill("");
  await leave();
});
