/**
 * What the page knows of downloads, and how news of them gets into it. Lists are patched in place,
 * so that a row whose download did not change is the same object, and is not drawn again.
 */

import { QueryClient, type InfiniteData } from "@tanstack/react-query";

import { batches, downloads, playlists } from "../api/calls";
import { ApiError } from "../api/http";
import type { Batch, Download, DownloadList, Playlist, Status, Totals } from "../api/types";
import { orderOf } from "./order";

export interface Active {
  items: Download[];
}

export interface FinishedFilter {
  status: Status | undefined;
  q: string;
}

export type Collection = Batch | Playlist;
export type CollectionKind = "batch" | "playlist";
export type Patch = Partial<Download> & { id: string };
type Finished = InfiniteData<DownloadList, string | undefined>;

const PAGE = 100;
const ACTIVE_PAGE = 200;

export const keys = {
  me: ["me"] as const,
  totals: ["totals"] as const,
  active: ["downloads", "active"] as const,
  finished: ["downloads", "finished"] as const,
  collection: (kind: CollectionKind, id: string) => ["collection", kind, id] as const,
};

export const isFinal = (status: Status) => status !== "pending" && status !== "downloading";
/** Ids are UUIDv7, so that they sort by age. */
const newestFirst = (a: Download, b: Download) => (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);

export async function fetchActive(client: QueryClient, signal?: AbortSignal): Promise<Active> {
  const order = orderOf(client);
  const asked = order.moment();
  const page = (status: Status) => downloads.list({ status, limit: ACTIVE_PAGE }, signal);
  // In this order what starts between the two answers is in both, and not in none.
  const waiting = await page("pending");
  const running = await page("downloading");
  noteTotals(client, running.totals);
  const told = new Map([...waiting.items, ...running.items].map((item) => [item.id, item]));
  const known = client.getQueryData<Active>(keys.active)?.items ?? [];
  const newer = known.filter((item) => order.isNewer(item.id, asked));
  const items = [...told.values()].filter((item) => order.accepts(item.id, asked));
  return { items: [...items, ...newer].sort(newestFirst) };
}

export async function fetchFinished(
  client: QueryClient,
  filter: FinishedFilter,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<DownloadList> {
  const order = orderOf(client);
  const asked = order.moment();
  const query = { status: filter.status, q: filter.q || undefined, limit: PAGE, cursor };
  const page = await downloads.list(query, signal);
  noteTotals(client, page.totals);
  const known = client.getQueryData<Finished>([...keys.finished, filter])?.pages ?? [];
  const newer = known
    .flatMap(({ items }) => items)
    .filter((item) => order.isNewer(item.id, asked) && isWithin(item, page, cursor));
  // What is not shown anywhere cannot be shown newer.
  const shown = [...(client.getQueryData<Active>(keys.active)?.items ?? []), ...newer];
  const isOld = (id: string) => !order.accepts(id, asked) && shown.some((item) => item.id === id);
  const told = page.items.filter((item) => !isOld(item.id) && isFinal(item.status));
  return { ...page, items: [...told, ...newer].sort(newestFirst) };
}

/** Whether a download's place is on this page, which begins after `cursor`. */
function isWithin(
  { id }: Download,
  { items, next_cursor }: DownloadList,
  cursor?: string,
): boolean {
  const isAfterStart = cursor === undefined || id < (items[0]?.id ?? "");
  return isAfterStart && (next_cursor === null || id > (items.at(-1)?.id ?? ""));
}

export async function fetchCollection(
  client: QueryClient,
  kind: CollectionKind,
  id: string,
  signal?: AbortSignal,
): Promise<Collection> {
  const order = orderOf(client);
  const asked = order.moment();
  const told = await (kind === "batch" ? batches.get(id, signal) : playlists.get(id, signal));
  const known = client.getQueryData<Collection>(keys.collection(kind, id))?.videos ?? [];
  const newer = new Map(
    known.filter((video) => order.isNewer(video.id, asked)).map((video) => [video.id, video]),
  );
  return { ...told, videos: told.videos.map((video) => newer.get(video.id) ?? video) };
}

/** Which collection a download is part of, if of any. */
export function parentOf(download: Download): { kind: CollectionKind; id: string } | null {
  if (download.batch_id) {
    return { kind: "batch", id: download.batch_id };
  }
  return download.playlist_id ? { kind: "playlist", id: download.playlist_id } : null;
}

/** Puts news of downloads wherever they are shown. Returns the ids that were not known as active. */
export function patchDownloads(client: QueryClient, patches: Patch[]): string[] {
  const byId = new Map(patches.map((patch) => [patch.id, patch]));
  const known = new Set(client.getQueryData<Active>(keys.active)?.items.map((item) => item.id));
  client.setQueryData<Active>(keys.active, (active) => {
    const items = active && patched(active.items, byId);
    return items && items !== active.items ? { items } : active;
  });
  client.setQueriesData<Collection>({ queryKey: ["collection"] }, (collection) => {
    const videos = collection && patched(collection.videos, byId);
    return videos && videos !== collection.videos ? { ...collection, videos } : collection;
  });
  return [...byId.keys()].filter((id) => !known.has(id));
}

export function patchCollection(
  client: QueryClient,
  kind: CollectionKind,
  patch: Partial<Collection> & { id: string },
): void {
  client.setQueryData<Collection>(keys.collection(kind, patch.id), (collection) =>
    collection ? ({ ...collection, ...patch } as Collection) : collection,
  );
}

/**
 * Moves downloads that have ended from the active ones to the finished, as the server has them.
 * Returns those of which nothing newer was heard meanwhile.
 */
export async function settle(client: QueryClient, ids: string[]): Promise<Download[]> {
  if (ids.length === 0) {
    return [];
  }
  const order = orderOf(client);
  const asked = order.moment();
  const answers = await Promise.all(
    ids.map(async (id) => ({ id, found: await fetchOrForget(id) })),
  );
  const newest = answers.filter(({ id }) => order.accepts(id, asked));
  const found = newest.flatMap((answer) => answer.found ?? []);
  insert(client, found);
  forget(
    client,
    newest.filter((answer) => answer.found === null).map(({ id }) => id),
  );
  return found;
}

async function fetchOrForget(id: string): Promise<Download | null> {
  try {
    return await downloads.get(id);
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) {
      return null;
    }
    throw error;
  }
}

/** Puts whole downloads, fresh from the server, into the lists they belong to, and out of others. */
export function insert(client: QueryClient, fresh: Download[]): void {
  if (fresh.length === 0) {
    return;
  }
  const ids = new Set(fresh.map((download) => download.id));
  const running = fresh.filter((download) => !isFinal(download.status));
  client.setQueryData<Active>(keys.active, (active) => {
    const others = active?.items.filter((item) => !ids.has(item.id)) ?? [];
    return { items: [...others, ...running].sort(newestFirst) };
  });
  for (const query of client.getQueryCache().findAll({ queryKey: keys.finished })) {
    const filter = query.queryKey[2] as FinishedFilter;
    client.setQueryData<Finished>(query.queryKey, (data) =>
      fresh.reduce(
        (into, download) => into && withDownload(into, download, belongs(download, filter)),
        data,
      ),
    );
  }
  patchDownloads(client, fresh);
  addToCollections(client, fresh);
}

/** Items that a list has only now been found to hold. */
function addToCollections(client: QueryClient, fresh: Download[]): void {
  const parents = new Map(
    fresh.flatMap((download) => {
      const parent = parentOf(download);
      return parent ? [[parent.id, parent] as const] : [];
    }),
  );
  for (const { kind, id } of parents.values()) {
    client.setQueryData<Collection>(keys.collection(kind, id), (collection) => {
      const known = new Set(collection?.videos.map((video) => video.id));
      const added = fresh.filter((one) => parentOf(one)?.id === id && !known.has(one.id));
      if (!collection || added.length === 0) {
        return collection;
      }
      const videos = [...collection.videos, ...added].sort(byPosition);
      return { ...collection, videos };
    });
  }
}

const byPosition = (a: Download, b: Download) => (a.position ?? 0) - (b.position ?? 0);

function belongs(download: Download, filter: FinishedFilter): boolean {
  const text = `${download.title ?? ""}\n${download.uploader ?? ""}\n${download.url}`.toLowerCase();
  const fits = filter.status === undefined || filter.status === download.status;
  return isFinal(download.status) && fits && text.includes(filter.q.trim().toLowerCase());
}

function withDownload(data: Finished, download: Download, belongsHere: boolean): Finished {
  const pages = data.pages.map((page) => {
    const items = page.items.filter((item) => item.id !== download.id);
    return items.length === page.items.length ? page : { ...page, items };
  });
  const isOlder = (page: DownloadList) => (page.items.at(-1)?.id ?? "") < download.id;
  const at = pages.findIndex((page) => isOlder(page) || page.next_cursor === null);
  const page = pages[at];
  if (belongsHere && page) {
    pages[at] = { ...page, items: [...page.items, download].sort(newestFirst) };
  }
  return { ...data, pages };
}

/** Takes downloads out of every list. */
export function forget(client: QueryClient, ids: string[]): void {
  const gone = new Set(ids);
  const without = (items: Download[]) => items.filter((item) => !gone.has(item.id));
  client.setQueryData<Active>(keys.active, (active) => active && { items: without(active.items) });
  client.setQueriesData<Finished>(
    { queryKey: keys.finished },
    (data) =>
      data && {
        ...data,
        pages: data.pages.map((page) => ({ ...page, items: without(page.items) })),
      },
  );
}

/** Asks again for all that may have changed while nobody listened. */
export async function catchUp(client: QueryClient): Promise<void> {
  await Promise.all([
    client.invalidateQueries({ queryKey: ["downloads"] }),
    client.invalidateQueries({ queryKey: ["collection"] }),
  ]);
}

export async function refreshTotals(client: QueryClient): Promise<void> {
  noteTotals(client, (await downloads.list({ limit: 1 })).totals);
}

function noteTotals(client: QueryClient, totals: Totals): void {
  client.setQueryData<Totals>(keys.totals, totals);
}

function patched(items: Download[], byId: Map<string, Patch>): Download[] {
  if (!items.some((item) => byId.has(item.id))) {
    return items;
  }
  return items.map((item) => {
    const patch = byId.get(item.id);
    return patch ? advanced(item, patch) : item;
  });
}

/**
 * An answer of the server is the whole download, an event only what changed. A bar never goes back,
 * whichever of the two comes last, unless what had ended begins anew.
 */
function advanced(item: Download, patch: Patch): Download {
  const next = isWhole(patch) ? patch : { ...item, ...patch };
  const progress = isFinal(item.status) ? next.progress : Math.max(item.progress, next.progress);
  return { ...next, progress };
}

/** An event of something new, and every answer, is the whole of it. */
export function isWhole(patch: Patch): patch is Download {
  return patch.created_at !== undefined && patch.url !== undefined;
}
