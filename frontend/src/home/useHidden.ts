import { useMemo, useState, useSyncExternalStore } from "react";

import { useMe } from "../session";
import { hiding, isHidden } from "./hiding";
import type { Row } from "./rows";

/** Which rows of what has ended are not to be seen. */
export function useHidden() {
  const user = useMe().data?.id ?? 0;
  const { ids, clearedAt } = useSyncExternalStore(hiding.subscribe, () => hiding.of(user));
  const [isShowing, setShowing] = useState(false);
  return useMemo(() => {
    const known = new Set(ids);
    const has = (row: Row) => row.type !== "child" && isHidden(row, known, clearedAt);
    const filter = (rows: Row[]) => (isShowing ? rows : without(rows, has));
    return { has, filter, isShowing, setShowing };
  }, [ids, clearedAt, isShowing]);
}

function without(rows: Row[], isGone: (row: Row) => boolean): Row[] {
  let isOut = false;
  return rows.filter((row) => {
    // The items of a collection go with it.
    isOut = row.type === "child" ? isOut : isGone(row);
    return !isOut;
  });
}
