/** The time, for what is told from now on: the same for all, and a new one every half minute. */

import { useSyncExternalStore } from "react";

const TICK_MS = 30_000;

let now = Date.now();

function subscribe(onTick: () => void): () => void {
  const timer = setInterval(() => {
    now = Math.max(now, Math.floor(Date.now() / TICK_MS) * TICK_MS);
    onTick();
  }, TICK_MS);
  return () => {
    clearInterval(timer);
  };
}

export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}
