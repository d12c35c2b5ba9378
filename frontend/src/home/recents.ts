/**
 * The collections that were asked for in this tab. A playlist has no downloads until its list has
 * been read, and none at all if that fails, so the list of downloads does not show it by itself.
 */

import type { CollectionKind } from "../live/cache";

export interface Recent {
  kind: CollectionKind;
  id: string;
}

type Listener = () => void;
const STORED = "magpie.recents";
const MOST = 20;

class Recents {
  #all: readonly Recent[] = read();
  readonly #listeners = new Set<Listener>();

  get all(): readonly Recent[] {
    return this.#all;
  }

  add(recent: Recent): void {
    this.#set([recent, ...this.#all].slice(0, MOST));
  }

  drop(id: string): void {
    if (this.#all.some((recent) => recent.id === id)) {
      this.#set(this.#all.filter((recent) => recent.id !== id));
    }
  }

  clear(): void {
    this.#set([]);
  }

  subscribe = (listener: Listener): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  #set(all: readonly Recent[]): void {
    this.#all = all;
    sessionStorage.setItem(STORED, JSON.stringify(all));
    this.#listeners.forEach((listener) => {
      listener();
    });
  }
}

function read(): Recent[] {
  try {
    return JSON.parse(sessionStorage.getItem(STORED) ?? "[]") as Recent[];
  } catch {
    return [];
  }
}

export const recents = new Recents();
