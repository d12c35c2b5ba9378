import { useEffect, useRef, useState } from "react";

import type { useActions } from "./actions";
import type { Row } from "./rows";
import type { useSelection } from "./useSelection";

export interface Stable {
  actions: ReturnType<typeof useActions>;
  onTick: (key: string) => (isTicked: boolean, isRange: boolean) => void;
  onToggle: (id: string) => void;
}

/** Functions that stay the same, so that rows which did not change are not drawn again. */
export function useStable(latest: {
  actions: ReturnType<typeof useActions>;
  rows: readonly Row[];
  tick: ReturnType<typeof useSelection>["tick"];
  setOpen: (change: (open: ReadonlySet<string>) => ReadonlySet<string>) => void;
}): Stable {
  const ref = useRef(latest);
  useEffect(() => {
    ref.current = latest;
  });
  const [stable] = useState<Stable>(() => {
    const ticks = new Map<string, (isTicked: boolean, isRange: boolean) => void>();
    return {
      actions: {
        cancel: (targets) => {
          ref.current.actions.cancel(targets);
        },
        retry: (targets) => {
          ref.current.actions.retry(targets);
        },
        remove: (targets) => {
          ref.current.actions.remove(targets);
        },
      },
      onTick: (key) => {
        const known =
          ticks.get(key) ??
          ((isTicked: boolean, isRange: boolean) => {
            ref.current.tick(ref.current.rows, key, isTicked, isRange);
          });
        ticks.set(key, known);
        return known;
      },
      onToggle: (id) => {
        ref.current.setOpen((open) => {
          const next = new Set(open);
          if (!next.delete(id)) {
            next.add(id);
          }
          return next;
        });
      },
    };
  });
  return stable;
}
