/** What stands where in the lists: single downloads, collections, and the items of open ones. */

import type { Download } from "../api/types";
import { type CollectionKind, parentOf } from "../live/cache";

export type Row =
  | { type: "single"; key: string; download: Download }
  | { type: "child"; key: string; download: Download }
  | { type: "collection"; key: string; kind: CollectionKind; id: string; sample: Download | null };

export interface Arrangement {
  /** Collections that belong here whether or not one of `items` is in them. */
  collections: readonly { kind: CollectionKind; id: string }[];
  /** Ids of collections and downloads that do not belong here. */
  without: ReadonlySet<string>;
  /** Ids of collections that are open. */
  open: ReadonlySet<string>;
  /** The items of an open collection, as far as they are known. */
  videosOf: (id: string) => readonly Download[];
}

/** Each collection once, where its newest item stands. */
export function arrange(items: readonly Download[], how: Arrangement): Row[] {
  const rows: Row[] = [];
  const seen = new Set<string>();
  const addCollection = (kind: CollectionKind, id: string, sample: Download | null) => {
    if (seen.has(id) || how.without.has(id)) {
      return;
    }
    seen.add(id);
    rows.push({ type: "collection", key: id, kind, id, sample });
    if (how.open.has(id)) {
      rows.push(...children(how.videosOf(id), how.without));
    }
  };
  const first = (id: string) => items.find((item) => parentOf(item)?.id === id) ?? null;
  for (const { kind, id } of how.collections) {
    addCollection(kind, id, first(id));
  }
  for (const download of items) {
    const parent = parentOf(download);
    if (parent) {
      addCollection(parent.kind, parent.id, download);
    } else if (!how.without.has(download.id)) {
      rows.push({ type: "single", key: download.id, download });
    }
  }
  return rows;
}

function children(videos: readonly Download[], without: ReadonlySet<string>): Row[] {
  return videos
    .filter((download) => !without.has(download.id))
    .map((download) => ({ type: "child", key: download.id, download }));
}

/** The keys from one row to another, both included, for choosing with Shift. */
export function between(rows: readonly Row[], from: string, to: string): string[] {
  const at = (key: string) => rows.findIndex((row) => row.key === key);
  const [start, end] = [at(from), at(to)].sort((a, b) => a - b);
  return start === undefined || start < 0
    ? [to]
    : rows.slice(start, (end ?? start) + 1).map((row) => row.key);
}
