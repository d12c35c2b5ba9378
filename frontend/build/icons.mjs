/** Draws the icons that phones want as pictures. Run by hand after icon.svg changed. */

import { readFileSync } from "node:fs";

import { chromium } from "playwright-core";

const svg = readFileSync(new URL("../public/icon.svg", import.meta.url), "utf8");
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
const page = await browser.newPage();
for (const size of [192, 512]) {
  await page.setViewportSize({ width: size, height: size });
  await page.setContent(`<body style="margin:0">${svg}</body>`);
  const path = new URL(`../public/icon-${size}.png`, import.meta.url).pathname;
  await page.screenshot({ path });
}
await browser.close();
