import { expect, it } from "vitest";

import { t, tn } from ".";
import { de } from "./de";
import { en } from "./en";

const placeholders = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();

it("both languages fill in the same values", () => {
  for (const [key, text] of Object.entries(en)) {
    expect(placeholders(de[key] ?? ""), key).toEqual(placeholders(text));
  }
});

it("counts choose their form", () => {
  expect(tn("list.selected", 1)).toBe("1 selected");
  expect(tn("add.list.count", 1)).toBe("1 video");
  expect(tn("add.list.count", 2)).toBe("2 videos");
});

it("values that are not given stay visible, so that they are noticed", () => {
  expect(t("row.items", { done: 1 })).toBe("1 of {total} done");
});
