/** What can be done with rows, one or many. */

import { type QueryClient, useQueryClient } from "@tanstack/react-query";

import { batches, downloads, playlists } from "../api/calls";
import { explain } from "../failure";
import { t, tn } from "../i18n";
import { catchUp, forget, refreshTotals, settle } from "../live/cache";
import { useLive } from "../live/provider";
import { toasts } from "../ui/toasts";
import { recents } from "./recents";
import { type Removable, removals } from "./removals";

export type Target = Removable;

const API = { single: downloads, batch: batches, playlist: playlists };

export function useActions() {
  const client = useQueryClient();
  const live = useLive();
  const change = (name: "cancel" | "retry") => (targets: readonly Target[]) => {
    void run(client, targets, name).then(live.retry);
  };
  return {
    cancel: change("cancel"),
    retry: change("retry"),
    remove: (targets: readonly Target[]) => {
      remove(client, [...targets]);
    },
  };
}

async function run(client: QueryClient, targets: readonly Target[], name: "cancel" | "retry") {
  const results = await Promise.allSettled(targets.map(({ kind, id }) => API[kind][name](id)));
  report(
    results
      .filter((result) => result.status === "rejected")
      .map((result) => result.reason as unknown),
  );
  if (targets.every((target) => target.kind === "single")) {
    await settle(
      client,
      targets.map((target) => target.id),
    ).catch(() => catchUp(client));
    await client.invalidateQueries({ queryKey: ["collection"] });
  } else {
    if (name === "retry") {
      targets.forEach(({ kind, id }) => {
        if (kind !== "single") {
          recents.add({ kind, id });
        }
      });
    }
    await catchUp(client);
  }
}

function remove(client: QueryClient, targets: Target[]): void {
  const undo = removals.remove(targets, (failures) => {
    report(failures);
    forget(
      client,
      targets.map((target) => target.id),
    );
    targets.forEach((target) => {
      recents.drop(target.id);
    });
    void refreshTotals(client).catch(() => undefined);
  });
  toasts.show(tn("row.removed", targets.length), { action: { label: t("row.undo"), run: undo } });
}

function report(failures: unknown[]): void {
  const [first] = failures;
  if (first !== undefined) {
    toasts.show(explain(first), { isError: true });
  }
}
