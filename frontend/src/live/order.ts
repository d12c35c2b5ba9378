/**
 * What is known of a download comes in answers that overtake each other, and in events. An answer
 * says how things stood when it was asked for or later, so it must not undo what was heard since.
 */

import type { QueryClient } from "@tanstack/react-query";

/** Of more downloads than these nobody waits for an answer any more. */
const MOST = 5_000;

export class Order {
  #now = 0;
  /** When what is known of a download was asked for or heard, the latest last. */
  readonly #known = new Map<string, number>();

  /** The moment at which something is asked; to be taken before asking. */
  moment(): number {
    this.#now += 1;
    return this.#now;
  }

  /** Something that is newer than every answer which is still on its way. Returns its moment. */
  hear(id: string): number {
    const moment = this.moment();
    this.#note(id, moment);
    return moment;
  }

  /** Whether what is known of a download is newer than what was known at `moment`. */
  isNewer(id: string, moment: number): boolean {
    return (this.#known.get(id) ?? 0) > moment;
  }

  /** Whether an answer that was asked for at `moment` counts; from then on older ones do not. */
  accepts(id: string, moment: number): boolean {
    if (this.isNewer(id, moment)) {
      return false;
    }
    this.#note(id, moment);
    return true;
  }

  #note(id: string, moment: number): void {
    this.#known.delete(id);
    this.#known.set(id, moment);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MOST && oldest !== undefined) {
      this.#known.delete(oldest);
    }
  }
}

const orders = new WeakMap<QueryClient, Order>();

/** The order of what goes into a cache. */
export function orderOf(client: QueryClient): Order {
  const known = orders.get(client) ?? new Order();
  orders.set(client, known);
  return known;
}
