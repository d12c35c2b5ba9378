/** What is on its way, and what has ended. */

import { useInfiniteQuery, useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";

import { ApiError } from "../api/http";
import type { Download, Status, Totals } from "../api/types";
import { bytes, count } from "../format";
import { t } from "../i18n";
import {
  type Collection,
  type FinishedFilter,
  fetchActive,
  fetchFinished,
  isFinal,
  keys,
  parentOf,
} from "../live/cache";
import { useLive } from "../live/provider";
import { useActions } from "./actions";
import { Bulk } from "./Bulk";
import { CollectionRow } from "./CollectionRow";
import { DownloadRow } from "./DownloadRow";
import { recents } from "./recents";
import { removals } from "./removals";
import { RowList } from "./RowList";
import { arrange, type Row } from "./rows";
import { collectionQuery } from "./useCollection";
import { useSettled } from "./useLook";
import { useSelection } from "./useSelection";
import { type Stable, useStable } from "./useStable";
import { Tools } from "./Tools";
import { useTitle } from "./useTitle";

const NONE: readonly Download[] = [];
/** Shown at once at least, as collections fold many downloads into one row. */
const FEW_ROWS = 12;

export function Lists() {
  const client = useQueryClient();
  const live = useLive();
  const [status, setStatus] = useState<Status | undefined>(undefined);
  const [search, setSearch] = useState("");
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const hidden = useSyncExternalStore(removals.subscribe, () => removals.hidden);
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

  const activeIds = useMemo(
    () => new Set([...recent.running.map(({ id }) => id), ...activeItems.map(parentIdOf)]),
    [recent.running, activeItems],
  );
  const videosOf = (id: string) => videos.get(id) ?? NONE;
  const activeRows = arrange(activeItems, {
    collections: recent.running,
    without: hidden,
    open,
    videosOf,
  });
  const isPlain = search.trim() === "" && status === undefined;
  const endedRows = arrange(endedItems, {
    collections: isPlain ? recent.lost : [],
    without: new Set([...hidden, ...activeIds].filter((id) => id !== null)),
    open,
    videosOf,
  });
  const { loadMore } = finished;
  useEffect(() => {
    if (endedRows.length < FEW_ROWS) {
      loadMore();
    }
  });

  const rows = [...activeRows, ...endedRows];
  const selection = useSelection(rows);
  const actions = useActions();
  const stable = useStable({ actions, rows, tick: selection.tick, setOpen });
  const draw = (row: Row) => (
    <Drawn
      key={row.key}
      row={row}
      isOpen={open.has(row.key)}
      isTicked={selection.ticked.has(row.key)}
      stable={stable}
    />
  );
  const total = (totals?.completed ?? 0) + (totals?.failed ?? 0) + (totals?.cancelled ?? 0);
  const hasEnded = total > 0 || endedRows.length > 0 || !isPlain || finished.isError;

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
            <Speed items={activeItems} />
          </Heading>
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
          />
          <RowList rows={endedRows} label={t("list.finished")} draw={draw} />
          <More finished={finished} isEmpty={endedRows.length === 0} isPlain={isPlain} />
        </section>
      )}
      {selection.selected.length > 0 && (
        <Bulk
          rows={selection.selected}
          isAll={selection.selected.length === rows.filter((row) => row.type !== "child").length}
          onAll={selection.all}
        />
      )}
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

/** Collections of this tab that the list of downloads does not show yet, or never will. */
function useRecentCollections() {
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
  return {
    running: withState.filter(({ data }) => data && !isFinal(data.status)),
    lost: withState.filter(({ data }) => data && isFinal(data.status)),
    kinds: new Map(all.map(({ kind, id }) => [id, kind])),
  };
}

function useFinished(filter: FinishedFilter) {
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

interface DrawnProps {
  row: Row;
  isOpen: boolean;
  isTicked: boolean;
  stable: Stable;
}

function Drawn({ row, isOpen, isTicked, stable }: DrawnProps) {
  const onTick = stable.onTick(row.key);
  const tick = useMemo(() => ({ isTicked, onTick }), [isTicked, onTick]);
  const shared = { actions: stable.actions, tick: row.type === "child" ? null : tick };
  if (row.type === "collection") {
    const { kind, id, sample } = row;
    return (
      <CollectionRow {...shared} {...{ kind, id, sample, isOpen }} onToggle={stable.onToggle} />
    );
  }
  return <DownloadRow {...shared} download={row.download} isChild={row.type === "child"} />;
}

function Heading(props: { id: string; text: string; amount: number; children?: React.ReactNode }) {
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

function Speed({ items }: { items: readonly Download[] }) {
  const speed = items.reduce((sum, item) => sum + (item.speed_bps ?? 0), 0);
  return speed > 0 ? (
    <span className="text-sm text-soft tabular-nums">
      {t("list.speed", { speed: bytes(speed) })}
    </span>
  ) : null;
}

interface MoreProps {
  finished: ReturnType<typeof useFinished>;
  isEmpty: boolean;
  isPlain: boolean;
}

/** The end of the list: asks for the next page when it comes into view. */
function More({ finished, isEmpty, isPlain }: MoreProps) {
  const end = useRef<HTMLDivElement>(null);
  const { loadMore } = finished;
  useEffect(() => {
    const watch = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting) {
          loadMore();
        }
      },
      { rootMargin: "600px" },
    );
    if (end.current) {
      watch.observe(end.current);
    }
    return () => {
      watch.disconnect();
    };
  });
  return (
    <div ref={end} className="py-4 text-center text-soft">
      {finished.isError && (
        <p role="alert">
          {t("list.error")}{" "}
          <button
            type="button"
            className="button button-plain"
            onClick={() => void finished.refetch()}
          >
            {t("common.retry")}
          </button>
        </p>
      )}
      {finished.hasNextPage && (
        <button type="button" className="button button-plain" onClick={loadMore}>
          {t(finished.isFetching ? "common.loading" : "common.more")}
        </button>
      )}
      {isEmpty && !finished.isFetching && !isPlain && (
        <p className="py-6">{t("list.empty.search")}</p>
      )}
    </div>
  );
}

function Empty() {
  return (
    <div id="downloads" tabIndex={-1} className="mx-auto max-w-sm py-20 text-center outline-none">
      <h2 className="mb-2 text-2xl">{t("list.empty.title")}</h2>
      <p className="text-soft">{t("list.empty.text")}</p>
      <p className="mt-6 text-sm text-soft max-sm:hidden">{t("add.keys")}</p>
    </div>
  );
}
