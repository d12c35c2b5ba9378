import { useCallback, useMemo, useRef, useState } from "react";

import { between, type Row } from "./rows";

/** Which rows are ticked. Ticks of rows that are gone do not count. */
export function useSelection(rows: readonly Row[]) {
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set());
  const latest = useRef<string | null>(null);
  const selected = useMemo(
    () => rows.filter((row) => row.type !== "child" && ticked.has(row.key)),
    [rows, ticked],
  );
  const tick = useCallback(
    (from: readonly Row[], key: string, isTicked: boolean, isRange: boolean) => {
      const keys = isRange && latest.current ? between(from, latest.current, key) : [key];
      latest.current = key;
      setTicked((before) => {
        const next = new Set(before);
        keys.forEach((one) => (isTicked ? next.add(one) : next.delete(one)));
        return next;
      });
    },
    [],
  );
  const all = (isTicked: boolean) => {
    setTicked(new Set(isTicked ? rows.map((row) => row.key) : []));
  };
  return { ticked, selected, tick, all };
}
