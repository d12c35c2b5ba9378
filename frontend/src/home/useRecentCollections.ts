import { useQueries } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";

import { ApiError } from "../api/http";
import { isFinal } from "../live/cache";
import { useLive } from "../live/provider";
import { type Recent, recents } from "./recents";
import { collectionQuery } from "./useCollection";

const NONE: readonly Recent[] = [];

/** Collections of this tab that the list of downloads does not show yet, or never will. */
export function useRecentCollections() {
  const live = useLive();
  const all = useSyncExternalStore(recents.subscribe, () => recents.all);
  const states = useQueries({
    queries: all.map(({ kind, id }) => collectionQuery(live, kind, id)),
  });
  useEffect(() => {
    states.forEach(({ data, error }, index) => {
      const one = all[index];
      const isGone = error instanceof ApiError && error.status === 404;
      const isListed = data && isFinal(data.status) && data.videos.length > 0;
      if (one && (isGone || isListed)) {
        recents.drop(one.id);
      }
    });
  });
  const withState = all.map((recent, index) => ({ ...recent, data: states[index]?.data }));
  const lost = withState.filter(({ data }) => data && isFinal(data.status));
  return {
    running: withState.filter(({ data }) => data && !isFinal(data.status)),
    /** The same while there are none, as nearly always. */
    lost: lost.length > 0 ? lost : NONE,
    kinds: new Map(all.map(({ kind, id }) => [id, kind])),
  };
}
