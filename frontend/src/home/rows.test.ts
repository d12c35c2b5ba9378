import { expect, it } from "vitest";

import type { Download } from "../api/types";
import { arrange, type Arrangement, between } from "./rows";

const download = (id: string, rest: Partial<Download> = {}) => ({ id, ...rest }) as Download;
const plain: Arrangement = {
  collections: [],
  without: new Set(),
  open: new Set(),
  videosOf: () => [],
};
const items = [
  download("5"),
  download("4", { batch_id: "b" }),
  download("3", { batch_id: "b" }),
  download("2"),
];

it("a collection is one row, where its newest item stands", () => {
  expect(arrange(items, plain).map((row) => row.key)).toEqual(["5", "b", "2"]);
});

it("an open collection shows its items below it, in its own order", () => {
  const videosOf = () => [download("3"), download("4")];
  const rows = arrange(items, { ...plain, open: new Set(["b"]), videosOf });
  expect(rows.map((row) => `${row.type} ${row.key}`)).toEqual([
    "single 5",
    "collection b",
    "child 3",
    "child 4",
    "single 2",
  ]);
});

it("what is hidden or stands elsewhere is left out", () => {
  const rows = arrange(items, { ...plain, without: new Set(["b", "2"]) });
  expect(rows.map((row) => row.key)).toEqual(["5"]);
});

it("a collection without items is shown, and only once when it has some", () => {
  const collections = [{ kind: "playlist", id: "p" } as const, { kind: "batch", id: "b" } as const];
  const rows = arrange(items, { ...plain, collections });
  expect(rows.map((row) => row.key)).toEqual(["p", "b", "5", "2"]);
});

it("choosing with Shift takes everything between, in either direction", () => {
  const rows = arrange(items, plain);
  expect(between(rows, "2", "5")).toEqual(["5", "b", "2"]);
  expect(between(rows, "gone", "2")).toEqual(["2"]);
});
