import { queryOptions, useQuery } from "@tanstack/react-query";

import { ApiError } from "../api/http";
import { type CollectionKind, fetchCollection, isFinal, keys } from "../live/cache";
import { type Live } from "../live/live";
import { useLive } from "../live/provider";

const POLL_MS = 2_000;
/** While events come: counters and titles are looked at now and then all the same. */
const SLOW_POLL_MS = 10_000;
/** A long list is a long answer. */
const LONG = 200;

export function collectionQuery(live: Live, kind: CollectionKind, id: string) {
  return queryOptions({
    queryKey: keys.collection(kind, id),
    queryFn: ({ client, signal }) => fetchCollection(client, kind, id, signal),
    refetchInterval: ({ state: { data, error } }) => {
      if ((error instanceof ApiError && error.status === 404) || (data && isFinal(data.status))) {
        return false;
      }
      return live.isHearing || (data?.videos.length ?? 0) > LONG ? SLOW_POLL_MS : POLL_MS;
    },
  });
}

export function useCollection(kind: CollectionKind, id: string) {
  return useQuery(collectionQuery(useLive(), kind, id));
}
