import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";

import type { Download } from "../api/types";
import { fetchFinished, type FinishedFilter, keys } from "../live/cache";

const NONE: readonly Download[] = [];

/** What has ended, page by page. */
export function useFinished(filter: FinishedFilter) {
  const client = useQueryClient();
  const query = useInfiniteQuery({
    queryKey: [...keys.finished, filter],
    queryFn: ({ pageParam, signal }) => fetchFinished(client, filter, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    placeholderData: (before) => before,
  });
  const { data, hasNextPage, isFetching, isSuccess, isError, fetchNextPage, refetch } = query;
  const items = useMemo(() => data?.pages.flatMap((page) => page.items) ?? NONE, [data]);
  const loadMore = () => {
    // What went wrong is shown, and tried again by hand.
    if (hasNextPage && !isFetching && !isError) {
      void fetchNextPage();
    }
  };
  return { items, loadMore, hasNextPage, isFetching, isSuccess, isError, refetch };
}
