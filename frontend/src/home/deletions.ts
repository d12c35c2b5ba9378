/** What somebody is about to delete, and is asked about. */

import type { Removable } from "./removals";

type Listener = () => void;

class Deletions {
  #doomed: readonly Removable[] = [];
  readonly #listeners = new Set<Listener>();

  /** Empty while nobody is asked. */
  get doomed(): readonly Removable[] {
    return this.#doomed;
  }

  ask(targets: readonly Removable[]): void {
    this.#doomed = targets;
    this.#listeners.forEach((listener) => {
      listener();
    });
  }

  subscribe = (listener: Listener): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}

export const deletions = new Deletions();
