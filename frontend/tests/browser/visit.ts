/** A browser that notices what a page must not do: log errors, ask other origins, lock people out. */

import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import {
  type Browser,
  type BrowserContext,
  chromium,
  type Locator,
  type Page,
} from "playwright-core";
import { afterAll, beforeAll, expect, inject } from "vitest";

import { PASSWORD } from "./stack";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const shots = process.env.SCREENSHOTS ?? join(root, "target/screenshots");
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const PATHS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

export const DESK = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 844 };

let browser: Browser;
let count = 0;

beforeAll(async () => {
  const executablePath = process.env.CHROMIUM ?? PATHS.find((path) => existsSync(path));
  if (!executablePath) {
    throw new Error("Chromium is needed: scripts/setup test installs it, or set CHROMIUM.");
  }
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--lang=en-GB"] });
});

afterAll(async () => {
  await browser.close();
});

export interface Visit {
  page: Page;
  context: BrowserContext;
  box: Locator;
  username: string;
  /** Fails when the page did something that it must not. */
  leave: () => Promise<void>;
  /** What is logged from now on is expected, as the server is away. */
  forgiveErrors: () => void;
}

interface Wishes {
  viewport?: { width: number; height: number };
  locale?: string;
  isNew?: boolean;
  /** Of somebody who has an account already. */
  username?: string;
  /** Of a stack of its own. */
  origin?: string;
  path?: string;
}

/** However busy the machine: what is waited for in vain is wrong, not slow. */
const PATIENCE_MS = 60_000;

/** A page with an account of its own, unless it is to be `isNew`. */
export async function visit(wishes: Wishes = {}): Promise<Visit> {
  const viewport = wishes.viewport ?? DESK;
  const origin = wishes.origin ?? inject("origin");
  const context = await browser.newContext({
    viewport,
    locale: wishes.locale ?? "en-GB",
    hasTouch: viewport.width < 500,
    isMobile: viewport.width < 500,
    baseURL: origin,
    colorScheme: "light",
    acceptDownloads: true,
    permissions: ["clipboard-read", "clipboard-write"],
  });
  context.setDefaultTimeout(PATIENCE_MS);
  count += 1;
  const username = wishes.username ?? `mag${count}-${process.pid}`;
  if (!wishes.isNew && !wishes.username) {
    await signUp(context, username);
  }
  if (!wishes.isNew) {
    await logIn(context, username);
  }
  const page = await context.newPage();
  const watched = watch(page, origin);
  await page.goto(wishes.path ?? "/");
  return {
    page,
    context,
    username,
    box: page.getByRole("textbox", { name: /^Link to a video|^Link zu einem Video/ }),
    forgiveErrors: () => {
      watched.isForgiving = true;
    },
    leave: async () => {
      expect(watched.problems).toEqual([]);
      await context.close();
    },
  };
}

async function signUp(context: BrowserContext, username: string): Promise<void> {
  const data = { username, email: `${username}@example.org`, password: PASSWORD };
  const registered = await context.request.post("/api/auth/register", { data });
  expect(registered.status()).toBe(201);
}

async function logIn(context: BrowserContext, username: string): Promise<void> {
  const login = { login: username, password: PASSWORD };
  expect((await context.request.post("/api/auth/login", { data: login })).ok()).toBe(true);
  await context.addInitScript(() => {
    localStorage.setItem("magpie.session", "yes");
  });
}

function watch(page: Page, origin: string) {
  const watched = { problems: [] as string[], isForgiving: false };
  const note = (problem: string) => {
    if (!watched.isForgiving) {
      watched.problems.push(problem);
    }
  };
  page.on("pageerror", (error) => {
    note(`threw ${error.message}`);
  });
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") {
      note(`logged ${message.text()} (${message.location().url})`);
    }
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(origin) && !request.url().startsWith("blob:")) {
      watched.problems.push(`asked ${request.url()}`);
    }
  });
  return watched;
}

/** Fails on what axe calls serious or critical, of WCAG 2.2 AA and best practices. */
export async function expectAccessible(page: Page): Promise<void> {
  // Through the debugger, which the page's policy does not bind.
  const findings = await page.evaluate(`(() => { ${axe}; return axe.run(document, {
    resultTypes: ["violations"],
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  }).then(({ violations }) => violations
    .filter((one) => one.impact === "serious" || one.impact === "critical")
    .map((one) => one.id + ": " + one.nodes.map((node) => node.html.slice(0, 200)).join(" | "))); })()`);
  expect(findings).toEqual([]);
}

/** Nothing sticks out at the side. */
export async function expectNoSideways(page: Page): Promise<void> {
  const excess = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(excess).toBe(0);
}

export async function shoot(page: Page, name: string): Promise<void> {
  mkdirSync(shots, { recursive: true });
  await page.screenshot({ path: join(shots, `${name}.png`), animations: "disabled" });
}

/** Clicks what saves a file, and reads the file. */
export async function save(page: Page, link: Locator): Promise<{ name: string; bytes: Buffer }> {
  const [download] = await Promise.all([page.waitForEvent("download"), link.click()]);
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}

/** The names in a ZIP, from its central directory. */
export function namesIn(zip: Buffer): string[] {
  const names: string[] = [];
  for (let at = zip.indexOf("PK\x01\x02"); at >= 0; at = zip.indexOf("PK\x01\x02", at + 4)) {
    const length = zip.readUInt16LE(at + 28);
    names.push(zip.toString("utf8", at + 46, at + 46 + length));
  }
  return names;
}

export const video = (id: string) => `https://www.youtube.com/watch?v=${id}`;
export const playlist = (id: string) => `https://www.youtube.com/playlist?list=${id}`;
