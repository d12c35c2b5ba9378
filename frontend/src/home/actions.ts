/** What can be done with rows, one or many. */

import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";

import { batches, downloads, playlists } from "../api/calls";
import { explain } from "../failure";
import { t, tn } from "../i18n";
import { catchUp, forget, refreshTotals, settle } from "../live/cache";
import type { Live } from "../live/live";
import { orderOf } from "../live/order";
import { useLive } from "../live/provider";
import { toasts } from "../ui/toasts";
import { deletions } from "./deletions";
import { hiding } from "./hiding";
import { recents } from "./recents";
import { type Removable, removals } from "./removals";

export type Target = Removable;

const API = { single: downloads, batch: batches, playlist: playlists };

/** The same for as long as somebody is logged in, so that rows are not drawn again for them. */
export function useActions() {
  const client = useQueryClient();
  const live = useLive();
  return useMemo(() => makeActions(client, live), [client, live]);
}

function makeActions(client: QueryClient, live: Live) {
  const change = (name: "cancel" | "retry") => (targets: readonly Target[]) => {
    void run(client, targets, name).then(live.retry);
  };
  return {
    cancel: change("cancel"),
    retry: change("retry"),
    /** With a way back, for what has no file. */
    remove: (targets: readonly Target[]) => {
      remove(client, [...targets]);
    },
    /** Out of sight in this browser, files and all. */
    hide: (targets: readonly Target[]) => {
      const undo = hiding.hide(targets.map((target) => target.id));
      const said = tn("row.hidden", targets.length);
      toasts.show(said, { action: { label: t("row.undo"), run: undo } });
    },
    show: (targets: readonly Target[]) => {
      hiding.show(targets.map((target) => target.id));
    },
    /** Asks, and then `destroy`s. */
    askToDelete: (targets: readonly Target[]) => {
      deletions.ask(targets);
    },
    destroy: (targets: readonly Target[]) => {
      void removals.now(targets).then((failures) => {
        afterRemoval(client, targets, failures);
        if (failures.length === 0) {
          toasts.show(tn("delete.done", targets.length));
        }
      });
    },
  };
}

export type Actions = ReturnType<typeof makeActions>;

async function run(client: QueryClient, targets: readonly Target[], name: "cancel" | "retry") {
  const results = await Promise.allSettled(targets.map(({ kind, id }) => API[kind][name](id)));
  // Answers that were asked for before this are of no use any more.
  targets.forEach(({ id }) => orderOf(client).hear(id));
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
    afterRemoval(client, targets, failures);
  });
  toasts.show(tn("row.removed", targets.length), { action: { label: t("row.undo"), run: undo } });
}

function afterRemoval(client: QueryClient, targets: readonly Target[], failures: unknown[]): void {
  report(failures);
  if (failures.length > 0) {
    // Which of them are still there, the server says.
    void catchUp(client);
  } else {
    forget(
      client,
      targets.map((target) => target.id),
    );
  }
  targets.forEach((target) => {
    recents.drop(target.id);
  });
  void refreshTotals(client).catch(() => undefined);
}

function report(failures: unknown[]): void {
  const [first] = failures;
  if (first !== undefined) {
    toasts.show(explain(first), { isError: true });
  }
}
