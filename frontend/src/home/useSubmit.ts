/** Asking for what is in the box. */

import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { batches, downloads, playlists } from "../api/calls";
import type { MediaOptions } from "../api/types";
import { count } from "../format";
import { t, tn } from "../i18n";
import { catchUp } from "../live/cache";
import { useLive } from "../live/provider";
import { toasts } from "../ui/toasts";
import { recents } from "./recents";

export type Wish =
  | { kind: "video"; url: string }
  | { kind: "many"; urls: string[] }
  /** `items` such as `1-3,7`; undefined for all. */
  | { kind: "list"; url: string; items: string | undefined };

/** What an attempt of a wish is known by, so that repeating it after a failure makes nothing twice. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function useSubmit() {
  const client = useQueryClient();
  const live = useLive();
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const [attempt, setAttempt] = useState({ wish: "", key: "" });

  /** True when it was accepted. */
  const submit = async (wish: Wish, options: MediaOptions): Promise<boolean> => {
    const text = JSON.stringify([wish, options]);
    const key = attempt.wish === text ? attempt.key : newKey();
    setAttempt({ wish: text, key });
    setBusy(true);
    setError(null);
    try {
      toasts.show(await ask(wish, options, key));
      setAttempt({ wish: "", key: "" });
      live.retry();
      void catchUp(client);
      return true;
    } catch (refusal) {
      setError(refusal);
      return false;
    } finally {
      setBusy(false);
    }
  };
  const forgive = () => {
    setError(null);
  };
  return { submit, error, isBusy, forgive };
}

/** Asks, and says what came of it. */
async function ask(wish: Wish, options: MediaOptions, key: string): Promise<string> {
  switch (wish.kind) {
    case "video":
      await downloads.create(wish.url, options, key);
      return t("add.done.one");
    case "many": {
      const { batch_id, total_videos } = await batches.create(wish.urls, options, key);
      recents.add({ kind: "batch", id: batch_id });
      return tn("add.done.many", total_videos, { count: count(total_videos) });
    }
    case "list": {
      const { playlist_id } = await playlists.create(wish.url, wish.items, options, key);
      recents.add({ kind: "playlist", id: playlist_id });
      return t("add.done.list");
    }
  }
}
