/** What is on its way, and what has ended. */

import { useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import {
  type ReactNode,
  useCallback,
  useEffect,
  useMemo,
  useState,
  useSyncExternalStore,
} from "react";

import type { Download, Status, Totals } from "../api/types";
import { bytes, count } from "../format";
import { t } from "../i18n";
import { type Collection, fetchActive, keys, parentOf } from "../live/cache";
import { useLive } from "../live/provider";
import { useActions } from "./actions";
import { Bulk } from "./Bulk";
import { DeleteDialog } from "./DeleteDialog";
import { Drawn } from "./Drawn";
import { Empty, ListEnd } from "./ListEnd";
import { PauseNotice } from "./PauseNotice";
import { removals } from "./removals";
import { RowList } from "./RowList";
import { type Sorting, sortRows } from "./sorting";
import { arrange, type Row } from "./rows";
import { collectionQuery } from "./useCollection";
import { Tools } from "./Tools";
import { useFinished } from "./useFinished";
import { useHidden } from "./useHidden";
import { useSettled } from "./useLook";
import { useRecentCollections } from "./useRecentCollections";
import { useSelection } from "./useSelection";
import { useStable } from "./useStable";
import { useTitle } from "./useTitle";

const NONE: readonly Download[] = [];
/** Shown at once at least, as collections fold many downloads into one row. */
const FEW_ROWS = 12;
/** To sort them all of them have to be here; as many as a person would sort. */
const MOST_SORTED = 5_000;

export function Lists() {
  const client = useQueryClient();
  const live = useLive();
  const [status, setStatus] = useState<Status | undefined>(undefined);
  const [search, setSearch] = useState("");
  const [sorting, setSorting] = useState<Sorting>("newest");
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const removed = useSyncExternalStore(removals.subscribe, () => removals.hidden);
  const hidden = useHidden();
  const recent = useRecentCollections();

  const active = useQuery({
    queryKey: keys.active,
    queryFn: ({ signal }) => fetchActive(client, signal),
  });
  const finished = useFinished({ status, q: useSettled(search.trim()) });
  const activeItems = active.data?.items ?? NONE;
  const endedItems = finished.items;
  const totals = useQuery<Totals>({ queryKey: keys.totals, enabled: false }).data;
  useTitle(activeItems);

  const opened = [...open].map((id) => {
    const of = [...activeItems, ...endedItems].find((item) => parentOf(item)?.id === id);
    const kind = of?.playlist_id || recent.kinds.get(id) === "playlist" ? "playlist" : "batch";
    return collectionQuery(live, kind, id);
  });
  const videos = useQueries({ queries: opened, combine: videosByCollection });

  const activeIds = [...recent.running.map(({ id }) => id), ...activeItems.map(parentIdOf)];
  const activeKey = [...new Set(activeIds.filter((id) => id !== null))].join(" ");
  const activeRows = arrange(activeItems, {
    collections: recent.running,
    without: removed,
    open,
    videosOf: (id) => videos.get(id) ?? NONE,
  });
  const isPlain = search.trim() === "" && status === undefined;
  const { lost } = recent;
  // There may be a thousand of these, and progress comes several times a second.
  const ended = useMemo(
    () =>
      arrange(endedItems, {
        collections: isPlain ? lost : [],
        without: new Set([...removed, ...activeKey.split(" ")]),
        open,
        videosOf: (id) => videos.get(id) ?? NONE,
      }),
    [endedItems, isPlain, lost, removed, activeKey, open, videos],
  );
  const endedRows = useMemo(
    () => sortRows(hidden.filter(ended), sorting, endedItems),
    [hidden, ended, sorting, endedItems],
  );
  const { loadMore } = finished;
  useEffect(() => {
    const isPartial = sorting !== "newest" && endedItems.length < MOST_SORTED;
    if (isPartial || endedRows.length < FEW_ROWS) {
      loadMore();
    }
  });

  const rows = [...activeRows, ...endedRows];
  const selection = useSelection(rows);
  const actions = useActions();
  const stable = useStable({ rows, tick: selection.tick, setOpen });
  const { ticked } = selection;
  const draw = useCallback(
    (row: Row) => (
      <Drawn
        key={row.key}
        row={row}
        isOpen={open.has(row.key)}
        isTicked={ticked.has(row.key)}
        isHidden={hidden.has(row)}
        actions={actions}
        stable={stable}
      />
    ),
    [open, ticked, hidden, actions, stable],
  );
  const total = (totals?.completed ?? 0) + (totals?.failed ?? 0) + (totals?.cancelled ?? 0);
  const hasEnded = total > 0 || ended.length > 0 || !isPlain || finished.isError;

  if (activeRows.length === 0 && !hasEnded) {
    // What is not known yet is not said to be nothing.
    const isKnown = active.isSuccess && finished.isSuccess;
    return isKnown ? <Empty /> : <div id="downloads" aria-busy />;
  }
  return (
    <div id="downloads" tabIndex={-1} className="outline-none">
      {activeRows.length > 0 && (
        <section className="mt-8" aria-labelledby="active">
          <Heading
            id="active"
            text={t("list.active")}
            amount={(totals?.pending ?? 0) + (totals?.downloading ?? 0)}
          >
            <Pace items={activeItems} waiting={totals?.pending ?? 0} />
          </Heading>
          <PauseNotice items={activeItems} />
          <RowList rows={activeRows} label={t("list.active")} draw={draw} />
        </section>
      )}
      {hasEnded && (
        <section className="mt-8" aria-labelledby="finished">
          <Heading id="finished" text={t("list.finished")} amount={total} />
          <Tools
            status={status}
            totals={totals}
            search={search}
            onStatus={setStatus}
            onSearch={setSearch}
            sorting={sorting}
            onSort={setSorting}
            showsHidden={hidden.isShowing}
            onShowHidden={hidden.setShowing}
          />
          <RowList rows={endedRows} label={t("list.finished")} draw={draw} />
          <ListEnd
            finished={finished}
            isEmpty={endedRows.length === 0}
            isPlain={isPlain}
            hidesSome={endedRows.length < ended.length}
            onShowHidden={() => {
              hidden.setShowing(true);
            }}
          />
        </section>
      )}
      {selection.selected.length > 0 && (
        <Bulk
          rows={selection.selected}
          isAll={selection.selected.length === rows.filter((row) => row.type !== "child").length}
          onAll={selection.all}
        />
      )}
      <DeleteDialog />
    </div>
  );
}

function parentIdOf(item: Download): string | null {
  return parentOf(item)?.id ?? null;
}

function videosByCollection(
  results: { data: Collection | undefined }[],
): Map<string, readonly Download[]> {
  const known = results.flatMap(({ data }) => (data ? [data] : []));
  return new Map(
    known.map((one) => ["playlist_id" in one ? one.playlist_id : one.batch_id, one.videos]),
  );
}

function Heading(props: { id: string; text: string; amount: number; children?: ReactNode }) {
  return (
    <div className="flex items-baseline gap-2 border-b border-line pb-1">
      <h2 id={props.id} className="text-2xl">
        {props.text}
      </h2>
      <span className="text-soft tabular-nums">{count(props.amount)}</span>
      <span className="ms-auto">{props.children}</span>
    </div>
  );
}

/** How many wait behind those that run, and how fast all of it comes. */
function Pace({ items, waiting }: { items: readonly Download[]; waiting: number }) {
  const speed = items.reduce((sum, item) => sum + (item.speed_bps ?? 0), 0);
  return (
    <span className="flex flex-wrap justify-end gap-x-3 text-sm text-soft tabular-nums">
      {waiting > 0 && <span>{t("list.waiting", { count: count(waiting) })}</span>}
      {speed > 0 && <span>{t("list.speed", { speed: bytes(speed) })}</span>}
    </span>
  );
}
