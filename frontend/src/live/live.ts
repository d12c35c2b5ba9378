/**
 * Progress as it happens: events while they come, questions once a second while they do not. What arrives is gathered and put into the cache a few times a second.
 */

import type { QueryClient } from "@tanstack/react-query";

import { ApiError } from "../api/http";
import type { Download, Status } from "../api/types";
import {
  type Active,
  catchUp,
  type CollectionKind,
  fetchActive,
  insert,
  isFinal,
  isWhole,
  keys,
  type Patch,
  patchCollection,
  patchDownloads,
  refreshTotals,
  settle,
} from "./cache";
import { type EventName, Feed } from "./feed";
import { type Order, orderOf } from "./order";
import { reachability } from "./reachability";

const GATHER_MS = 150;
const POLL_MS = 1_000;
/** How often to look when nothing is active: another window may have added something. */
const IDLE_POLL_MS = 10_000;
/** Above this many at once, asking for a page is cheaper than asking one by one. */
const MAX_SINGLE_QUESTIONS = 20;

interface CollectionPatch {
  id: string;
  status?: Status;
  total?: number | null;
}
/** Told of those that have ended together. */
export type Ended = (downloads: Download[]) => void;

export class Live {
  readonly #client: QueryClient;
  readonly #onEnded: Ended;
  readonly #feed: Feed;
  readonly #order: Order;
  #wasHeard = false;
  #patches = new Map<string, Patch>();
  /** When the state of a gathered patch was heard. */
  #moments = new Map<string, number>();
  #timers = new Map<string, ReturnType<typeof setTimeout>>();
  #isStopped = true;

  /** `user` is whose downloads they are. */
  constructor(client: QueryClient, user: number, onEnded: Ended) {
    this.#client = client;
    this.#order = orderOf(client);
    this.#onEnded = onEnded;
    this.#feed = new Feed(String(user), {
      opened: this.#opened,
      lost: this.#lost,
      heard: this.#heard,
    });
  }

  /** Whether progress comes by itself. */
  get isHearing(): boolean {
    return this.#feed.isOpen;
  }

  start(): void {
    this.#isStopped = false;
    window.addEventListener("online", this.#wake);
    document.addEventListener("visibilitychange", this.#wake);
    this.#feed.start();
    this.#after("poll", POLL_MS, this.#poll);
  }

  stop(): void {
    this.#isStopped = true;
    window.removeEventListener("online", this.#wake);
    document.removeEventListener("visibilitychange", this.#wake);
    this.#timers.forEach((timer) => {
      clearTimeout(timer);
    });
    this.#timers.clear();
    this.#feed.stop();
  }

  /** Tries again at once, because a person or the browser thinks that it will work. */
  retry = (): void => {
    this.#feed.retry();
    this.#after("poll", 0, this.#poll);
  };

  #wake = (): void => {
    if (!document.hidden) {
      this.retry();
    }
  };

  // The names of events settle what they carry; nothing here can check it.
  #heard = (name: EventName, data: string): void => {
    const told: unknown = JSON.parse(data);
    switch (name) {
      case "snapshot":
        this.#takeSnapshot((told as { downloads: Download[] }).downloads);
        break;
      case "download":
        this.#gather(told as Patch);
        break;
      default:
        this.#takeCollection(name, told as CollectionPatch);
    }
  };

  #opened = (): void => {
    const isReturn = this.#wasHeard;
    this.#wasHeard = true;
    reachability.report(true);
    if (isReturn) {
      void catchUp(this.#client);
    }
  };

  /** Whether the server is gone, or only its answer has ended, the next question tells. */
  #lost = (): void => {
    this.#after("poll", 0, this.#poll);
  };

  #takeSnapshot(downloads: Download[]): void {
    const shown = this.#activeItems();
    const fresh = new Set(downloads.map((download) => download.id));
    fresh.forEach((id) => this.#order.hear(id));
    insert(this.#client, downloads);
    void this.#settle(shown.filter((item) => !fresh.has(item.id)).map((item) => item.id));
    this.#after("totals", GATHER_MS, this.#refreshTotals);
  }

  #gather = (patch: Patch): void => {
    this.#patches.set(patch.id, { ...this.#patches.get(patch.id), ...patch });
    // Progress alone does not make an answer old, or there would never be a new one.
    if (patch.status !== undefined) {
      this.#moments.set(patch.id, this.#order.hear(patch.id));
    }
    if (!this.#timers.has("flush")) {
      this.#after("flush", GATHER_MS, this.#flush);
    }
  };

  #flush = (): void => {
    const isOld = ({ id }: Patch) => this.#order.isNewer(id, this.#moments.get(id) ?? Infinity);
    const patches = [...this.#patches.values()].filter((patch) => !isOld(patch));
    this.#patches.clear();
    this.#moments.clear();
    const unheard = new Set(patchDownloads(this.#client, patches));
    const isNew = (patch: Patch) => unheard.has(patch.id) && isWhole(patch);
    insert(this.#client, patches.filter(isWhole).filter(isNew));
    const unknown = [...unheard].filter(
      (id) => !patches.some((patch) => patch.id === id && isNew(patch)),
    );
    const changed = patches.filter((patch) => patch.status !== undefined).map((patch) => patch.id);
    const ended = patches.filter((patch) => patch.status && isFinal(patch.status));
    void this.#settle([...new Set([...unknown, ...ended.map((patch) => patch.id)])]);
    if (changed.length > 0 || unheard.size > 0) {
      this.#after("totals", GATHER_MS, this.#refreshTotals);
    }
  };

  #takeCollection(kind: CollectionKind, patch: CollectionPatch): void {
    patchCollection(this.#client, kind, patch);
    // Which items there are is settled once a list has been read, and what they came to at its end.
    if (patch.status !== undefined || patch.total !== undefined) {
      this.#after(`collection ${patch.id}`, 500, () => {
        void this.#client.invalidateQueries({ queryKey: keys.collection(kind, patch.id) });
      });
    }
  }

  /** While events come this only looks whether all is still as they said, now and then. */
  #poll = async (): Promise<void> => {
    if (!document.hidden && !(this.#feed.isOpen && this.#activeItems().length === 0)) {
      await this.#askForActive();
    }
    const isWaiting = this.#activeItems().length > 0 || !reachability.isReachable;
    const isUrgent = isWaiting && !this.#feed.isOpen;
    this.#after("poll", isUrgent ? POLL_MS : IDLE_POLL_MS, this.#poll);
  };

  async #askForActive(): Promise<void> {
    const before = this.#activeItems();
    const wasReachable = reachability.isReachable;
    const active = await fetchActive(this.#client).catch(this.#noteRefusal);
    if (!active) {
      return;
    }
    const fresh = new Set(active.items.map((item) => item.id));
    patchDownloads(this.#client, active.items);
    // What this answer and the page disagree about may have changed while it was on its way.
    const isKnown = new Set(before.map((item) => item.id));
    const doubtful = [...before, ...active.items].map((item) => item.id);
    await this.#settle(doubtful.filter((id) => isKnown.has(id) !== fresh.has(id)));
    if (!wasReachable) {
      await catchUp(this.#client);
    }
  }

  /** Questions asked here are nobody's but ours, so nobody else notices that the session ended. */
  #noteRefusal = (error: unknown): null => {
    if (error instanceof ApiError && error.status === 401) {
      void this.#client.invalidateQueries({ queryKey: keys.me });
    }
    return null;
  };

  async #settle(ids: string[]): Promise<void> {
    if (ids.length > MAX_SINGLE_QUESTIONS) {
      await catchUp(this.#client);
      return;
    }
    const active = new Set(this.#activeItems().map((item) => item.id));
    // The next question finds out what this one could not.
    const found = await settle(this.#client, ids).catch(() => []);
    const hasEnded = ({ id, status }: Download) => isFinal(status) && active.has(id);
    this.#onEnded(found.filter(hasEnded));
  }

  #refreshTotals = (): void => {
    refreshTotals(this.#client).catch(() => {
      // Counts are not worth an alarm; the next change asks again.
    });
  };

  #activeItems(): Download[] {
    return this.#client.getQueryData<Active>(keys.active)?.items ?? [];
  }

  #after(name: string, milliseconds: number, act: () => unknown): void {
    if (this.#isStopped) {
      return;
    }
    clearTimeout(this.#timers.get(name));
    const run = () => {
      this.#timers.delete(name);
      void act();
    };
    this.#timers.set(name, setTimeout(run, milliseconds));
  }
}
