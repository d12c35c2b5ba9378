/**
 * Removing, with a way back: the API knows only one DELETE, of row and file, so it is sent when the
 * time to change one's mind is over. Until then what is to go is hidden.
 */

import { batches, downloads, playlists } from "../api/calls";

export interface Removable {
  kind: "single" | "batch" | "playlist";
  id: string;
}

type Listener = () => void;
const UNDO_MS = 5_000;

class Removals {
  #hidden: ReadonlySet<string> = new Set();
  readonly #waiting = new Map<string, Removable>();
  readonly #listeners = new Set<Listener>();

  constructor() {
    // Who leaves the page has not changed their mind.
    window.addEventListener("pagehide", () => void this.flush());
  }

  /** Removes at once what waits for a change of mind. */
  async flush(): Promise<void> {
    const targets = [...this.#waiting.values()];
    this.#waiting.clear();
    await Promise.allSettled(targets.map((target) => send(target, true)));
  }

  /** The ids of downloads, batches and playlists that are not to be shown. */
  get hidden(): ReadonlySet<string> {
    return this.#hidden;
  }

  /** Hides, and removes in five seconds, unless the function that it returns is called. */
  remove(targets: Removable[], onDone: (failures: unknown[]) => void): () => void {
    targets.forEach((target) => {
      this.#waiting.set(target.id, target);
    });
    this.#change((hidden) => {
      targets.forEach((target) => hidden.add(target.id));
    });
    const timer = setTimeout(() => void this.#send(targets).then(onDone), UNDO_MS);
    return () => {
      clearTimeout(timer);
      this.#show(targets);
    };
  }

  /** Removes at once and for good; returns what failed. */
  now(targets: readonly Removable[]): Promise<unknown[]> {
    targets.forEach((target) => {
      this.#waiting.set(target.id, target);
    });
    this.#change((hidden) => {
      targets.forEach((target) => hidden.add(target.id));
    });
    return this.#send(targets);
  }

  async #send(targets: readonly Removable[]): Promise<unknown[]> {
    const failures: unknown[] = [];
    for (const target of targets.filter((one) => this.#waiting.delete(one.id))) {
      try {
        await send(target, false);
      } catch (error) {
        failures.push(error);
        this.#show([target]);
      }
    }
    return failures;
  }

  #show(targets: Removable[]): void {
    targets.forEach((target) => this.#waiting.delete(target.id));
    this.#change((hidden) => {
      targets.forEach((target) => hidden.delete(target.id));
    });
  }

  subscribe = (listener: Listener): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  #change(change: (hidden: Set<string>) => void): void {
    const hidden = new Set(this.#hidden);
    change(hidden);
    this.#hidden = hidden;
    this.#listeners.forEach((listener) => {
      listener();
    });
  }
}

function send({ kind, id }: Removable, keepalive: boolean): Promise<unknown> {
  const api = { single: downloads, batch: batches, playlist: playlists }[kind];
  return api.remove(id, keepalive);
}

export const removals = new Removals();
