/** Keeps the page live while someone is logged in. */

import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import {
  createContext,
  type ReactNode,
  use,
  useEffect,
  useMemo,
  useSyncExternalStore,
} from "react";

import { t } from "../i18n";
import { toasts } from "../ui/toasts";
import type { Download } from "../api/types";
import { type Active, keys, parentOf } from "./cache";
import { Live } from "./live";
import { tellOf } from "./notices";
import { reachability } from "./reachability";

const LiveContext = createContext<Live | null>(null);

export function LiveProvider({ user, children }: { user: number; children: ReactNode }) {
  const client = useQueryClient();
  const live = useMemo(
    () =>
      new Live(client, user, (ended) => {
        ended.forEach(announce);
        tell(client, ended);
      }),
    [client, user],
  );
  useEffect(() => {
    live.start();
    return () => {
      live.stop();
    };
  }, [live]);
  return <LiveContext value={live}>{children}</LiveContext>;
}

function titleOf(download: Download): string {
  return download.title ?? t("row.untitled");
}

function announce(download: Download): void {
  if (download.status === "completed") {
    toasts.announce(t("live.done", { title: titleOf(download) }));
  } else if (download.status === "failed") {
    toasts.announce(t("live.failed", { title: titleOf(download) }));
  }
}

/** Of what was cancelled somebody knows; of many that belong together the last one tells. */
function tell(client: QueryClient, ended: Download[]): void {
  const active = client.getQueryData<Active>(keys.active)?.items ?? [];
  const awaited = new Set(active.map((item) => parentOf(item)?.id));
  const byTale = new Map(
    ended.map((download) => [parentOf(download)?.id ?? download.id, download]),
  );
  for (const [id, download] of byTale) {
    if (download.status !== "cancelled" && !awaited.has(id)) {
      tellOf(download, titleOf(download), id !== download.id);
    }
  }
}

export function useLive(): Live {
  const live = use(LiveContext);
  if (!live) {
    throw new Error("useLive outside LiveProvider");
  }
  return live;
}

export function useIsReachable(): boolean {
  return useSyncExternalStore(reachability.subscribe, () => reachability.isReachable);
}
