/** In which order what has ended is shown. The server knows only one, the newest first. */

import type { Download } from "../api/types";
import { parentOf } from "../live/cache";
import type { Row } from "./rows";

export const SORTINGS = ["newest", "oldest", "largest"] as const;
export type Sorting = (typeof SORTINGS)[number];

/** Rows in another order, each collection with its items. `items` are all that the rows are of. */
export function sortRows(rows: Row[], by: Sorting, items: readonly Download[]): Row[] {
  if (by === "newest") {
    return rows;
  }
  const groups = grouped(rows);
  if (by === "oldest") {
    return groups.reverse().flat();
  }
  const sizes = sizesOf(items);
  const sizeOf = ([first]: Row[]) => sizes.get(first?.key ?? "") ?? 0;
  return groups.sort((a, b) => sizeOf(b) - sizeOf(a)).flat();
}

function grouped(rows: readonly Row[]): Row[][] {
  const groups: Row[][] = [];
  for (const row of rows) {
    const last = groups.at(-1);
    if (row.type === "child" && last) {
      last.push(row);
    } else {
      groups.push([row]);
    }
  }
  return groups;
}

/** What the files of each download or collection come to, by the key of its row. */
function sizesOf(items: readonly Download[]): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const item of items) {
    const key = parentOf(item)?.id ?? item.id;
    sizes.set(key, (sizes.get(key) ?? 0) + (item.file_size ?? 0));
  }
  return sizes;
}
