import { expect, it } from "vitest";

import type { Download } from "../api/types";
import { arrange } from "./rows";
import { sortRows } from "./sorting";

const download = (id: string, file_size: number, batch_id: string | null = null) =>
  ({ id, url: "", batch_id, playlist_id: null, file_size }) as Download;

const items = [
  download("5", 10),
  download("4", 300, "b"),
  download("3", 300, "b"),
  download("2", 500),
  download("1", 0),
];
const rows = arrange(items, {
  collections: [],
  without: new Set(),
  open: new Set(["b"]),
  videosOf: () => items.slice(1, 3),
});
const order = (sorted: typeof rows) => sorted.map(({ key }) => key).join(" ");

it("the newest first is as the server says it", () => {
  expect(sortRows(rows, "newest", items)).toBe(rows);
});

it("the oldest first keeps the items of a collection below it", () => {
  expect(order(sortRows(rows, "oldest", items))).toBe("1 2 b 4 3 5");
});

it("a collection is as large as its files together", () => {
  expect(order(sortRows(rows, "largest", items))).toBe("b 4 3 2 5 1");
});
