import { useEffect, useRef, useState } from "react";

import type { Row } from "./rows";
import type { useSelection } from "./useSelection";

export interface Stable {
  onTick: (key: string, isTicked: boolean, isRange: boolean) => void;
  onToggle: (id: string) => void;
}

/** Functions that stay the same, so that rows which did not change are not drawn again. */
export function useStable(latest: {
  rows: readonly Row[];
  tick: ReturnType<typeof useSelection>["tick"];
  setOpen: (change: (open: ReadonlySet<string>) => ReadonlySet<string>) => void;
}): Stable {
  const ref = useRef(latest);
  useEffect(() => {
    ref.current = latest;
  });
  const [stable] = useState<Stable>(() => {
    return {
      onTick: (key, isTicked, isRange) => {
        ref.current.tick(ref.current.rows, key, isTicked, isRange);
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
