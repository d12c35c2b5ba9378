/** What a link turns out to be, asked of the site while the person is still choosing. */

import { queryOptions, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { downloads, media } from "../api/calls";

const SETTLE_MS = 250;
const FRESH_MS = 5 * 60_000;
/** The first page of a list; the picker goes on from there. */
export const LIST_PAGE = 100;

export function infoQuery(url: string) {
  return queryOptions({
    queryKey: ["info", url],
    queryFn: ({ signal }) => media.info(url, signal),
    staleTime: FRESH_MS,
    retry: false,
  });
}

export function listQuery(url: string) {
  return queryOptions({
    queryKey: ["list", url],
    queryFn: ({ signal }) => media.playlistInfo(url, 0, LIST_PAGE, signal),
    staleTime: FRESH_MS,
    retry: false,
  });
}

/** Whether this account already has a finished download of the video. */
export function useIsKnown(videoId: string | undefined): boolean {
  const { data } = useQuery({
    queryKey: ["known", videoId],
    queryFn: ({ signal }) => downloads.list({ status: "completed", q: videoId, limit: 1 }, signal),
    enabled: videoId !== undefined,
    staleTime: 0,
  });
  return data?.items.some((item) => item.video_id === videoId) ?? false;
}

/** A value once it has stood still, so that nobody is asked about half a link. */
export function useSettled<T>(value: T): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => {
      setSettled(value);
    }, SETTLE_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [value]);
  return settled;
}
