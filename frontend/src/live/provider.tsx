/** Keeps the page live while someone is logged in. */

import { useQueryClient } from "@tanstack/react-query";
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
import { Live } from "./live";
import { reachability } from "./reachability";

const LiveContext = createContext<Live | null>(null);

export function LiveProvider({ user, children }: { user: number; children: ReactNode }) {
  const client = useQueryClient();
  const live = useMemo(
    () =>
      new Live(client, user, (download) => {
        const title = download.title ?? t("row.untitled");
        if (download.status === "completed") {
          toasts.announce(t("live.done", { title }));
        } else if (download.status === "failed") {
          toasts.announce(t("live.failed", { title }));
        }
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
