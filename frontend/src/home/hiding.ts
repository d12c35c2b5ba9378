/**
 * What a person does not want to see in the list any more, though its file stays on the server: the
 * API knows only a DELETE of both. It is kept in this browser, for each account.
 */

import type { Row } from "./rows";

export interface Hidden {
  /** Of rows that were hidden one by one, the latest last. */
  ids: readonly string[];
  /** Everything that had ended by then is hidden too. */
  clearedAt: string | null;
}

type Listener = () => void;
const STORED = "magpie.hidden";
/** Retention has long taken what was hidden before so many. */
const MOST = 2_000;
const NOTHING: Hidden = { ids: [], clearedAt: null };

class Hiding {
  #user: number | null = null;
  #hidden: Hidden = NOTHING;
  readonly #listeners = new Set<Listener>();

  /** Of whom; what another account has hidden is another matter. */
  of(user: number): Hidden {
    if (user !== this.#user) {
      this.#user = user;
      this.#hidden = read(`${STORED}.${user}`);
    }
    return this.#hidden;
  }

  /** Returns what undoes it. */
  hide(ids: readonly string[]): () => void {
    const others = this.#hidden.ids.filter((id) => !ids.includes(id));
    return this.#change({ ...this.#hidden, ids: [...others, ...ids].slice(-MOST) });
  }

  show(ids: readonly string[]): void {
    this.#change({ ...this.#hidden, ids: this.#hidden.ids.filter((id) => !ids.includes(id)) });
  }

  /** Hides everything that has ended until now. Returns what undoes it. */
  clear(now: string): () => void {
    return this.#change({ ...this.#hidden, clearedAt: now });
  }

  /** Hides nothing any more. */
  reset(): void {
    this.#change(NOTHING);
  }

  subscribe = (listener: Listener): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  #change(next: Hidden): () => void {
    const before = this.#hidden;
    this.#set(next);
    return () => {
      this.#set(before);
    };
  }

  #set(hidden: Hidden): void {
    this.#hidden = hidden;
    if (this.#user !== null) {
      localStorage.setItem(`${STORED}.${this.#user}`, JSON.stringify(hidden));
    }
    this.#listeners.forEach((listener) => {
      listener();
    });
  }
}

function read(key: string): Hidden {
  try {
    const stored = JSON.parse(localStorage.getItem(key) ?? "{}") as Partial<Hidden>;
    const ids = Array.isArray(stored.ids) ? stored.ids.filter((id) => typeof id === "string") : [];
    return { ids, clearedAt: typeof stored.clearedAt === "string" ? stored.clearedAt : null };
  } catch {
    return NOTHING;
  }
}

export const hiding = new Hiding();

/** Whether a row of what has ended is hidden. A collection ended when its newest item did. */
export function isHidden(row: Row, ids: ReadonlySet<string>, clearedAt: string | null): boolean {
  if (ids.has(row.key)) {
    return true;
  }
  const ended = row.type === "collection" ? row.sample : row.download;
  const isDone = row.type === "collection" || ended?.status === "completed";
  return isDone && clearedAt !== null && (ended?.completed_at ?? "9") <= clearedAt;
}
