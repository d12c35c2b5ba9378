/** Choosing from a playlist: by hand, by title, by range. */

import { useInfiniteQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type SubmitEvent, useEffect, useMemo, useRef, useState } from "react";

import { media } from "../api/calls";
import type { PlaylistEntry, PlaylistInfo } from "../api/types";
import { clock, count } from "../format";
import { t } from "../i18n";
import { asRanges, fromRanges } from "../links";
import { Dialog } from "../ui/Dialog";
import { LIST_PAGE } from "./useLook";

interface Props {
  url: string;
  first: PlaylistInfo;
  isBusy: boolean;
  onClose: () => void;
  /** `items` is undefined when all were chosen. */
  onPick: (items: string | undefined) => void;
}

const ROW_PX = 52;
/** How near to the end of what is loaded the next page is asked for. */
const AHEAD = 30;

export function Picker({ url, first, isBusy, onClose, onPick }: Props) {
  const pages = useListPages(url, first);
  const entries = useMemo(() => pages.data.pages.flatMap((page) => page.videos), [pages.data]);
  const total = first.video_count ?? entries.length;
  const [chosen, setChosen] = useState<ReadonlySet<number>>(() => everything(total));
  const [filter, setFilter] = useState("");
  const wanted = filter.trim().toLowerCase();
  const shown = useMemo(
    () => entries.filter((entry) => (entry.title ?? "").toLowerCase().includes(wanted)),
    [entries, wanted],
  );
  const isFiltered = wanted !== "";
  const chooseShown = (isChosen: boolean) => {
    const next = new Set(isFiltered ? chosen : isChosen ? everything(total) : []);
    if (isFiltered) {
      shown.forEach((entry) => (isChosen ? next.add(entry.index) : next.delete(entry.index)));
    }
    setChosen(next);
  };
  const lost = entries.filter((entry) => !entry.available && chosen.has(entry.index)).length;
  const picked = chosen.size - lost;
  return (
    <Dialog title={first.title ?? t("picker.title")} onClose={onClose}>
      <div className="flex flex-wrap gap-2 border-b border-line p-3">
        <input
          type="search"
          className="field min-w-40 flex-1 sm:w-auto!"
          placeholder={t("picker.filter")}
          aria-label={t("picker.filter")}
          value={filter}
          onChange={(event) => {
            setFilter(event.target.value);
          }}
        />
        <Range total={total} onChoose={setChosen} />
        <button
          type="button"
          className="button button-plain"
          onClick={() => {
            chooseShown(true);
          }}
        >
          {t("picker.all")}
        </button>
        <button
          type="button"
          className="button button-plain"
          onClick={() => {
            chooseShown(false);
          }}
        >
          {t("picker.none")}
        </button>
      </div>
      <Entries
        entries={shown}
        chosen={chosen}
        onChange={setChosen}
        isAll={!isFiltered}
        loadMore={pages.loadMore}
      />
      <footer className="flex flex-wrap items-center justify-between gap-3 border-t border-line p-3">
        <p role="status" className="text-soft tabular-nums">
          {t("picker.selected", { selected: count(picked), total: count(total) })}
        </p>
        <button
          type="button"
          className="button button-main max-sm:w-full"
          disabled={picked === 0 || isBusy}
          onClick={() => {
            onPick(chosen.size === total ? undefined : asRanges(chosen));
          }}
        >
          {t("add.download.many", { count: count(picked) })}
        </button>
      </footer>
    </Dialog>
  );
}

function everything(total: number): Set<number> {
  return new Set(Array.from({ length: total }, (_, index) => index + 1));
}

/** Asks for further pages as they are wanted. */
function useListPages(url: string, first: PlaylistInfo) {
  const { data, fetchNextPage, hasNextPage, isFetching } = useInfiniteQuery({
    queryKey: ["list pages", url],
    queryFn: ({ pageParam, signal }) => media.playlistInfo(url, pageParam, LIST_PAGE, signal),
    initialPageParam: 0,
    initialData: { pages: [first], pageParams: [0] },
    getNextPageParam: (last: PlaylistInfo) => last.next_offset ?? null,
    staleTime: Infinity,
    retry: 1,
  });
  const loadMore = () => {
    if (hasNextPage && !isFetching) {
      void fetchNextPage();
    }
  };
  return { data, loadMore };
}

interface EntriesProps {
  entries: PlaylistEntry[];
  chosen: ReadonlySet<number>;
  onChange: (chosen: ReadonlySet<number>) => void;
  isAll: boolean;
  loadMore: () => void;
}

function Entries({ entries, chosen, onChange, isAll, loadMore }: EntriesProps) {
  "use no memo";
  const frame = useRef<HTMLDivElement>(null);
  // eslint-disable-next-line react-hooks/incompatible-library -- nothing here is memoised
  const rows = useVirtualizer({
    count: entries.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW_PX,
    overscan: 8,
  });
  const visible = rows.getVirtualItems();
  const last = visible.at(-1)?.index ?? 0;
  const isNearEnd = !isAll || last + AHEAD >= entries.length;
  useEffect(() => {
    if (isNearEnd) {
      loadMore();
    }
  });
  const toggle = (index: number) => {
    const next = new Set(chosen);
    if (!next.delete(index)) {
      next.add(index);
    }
    onChange(next);
  };
  return (
    <div ref={frame} className="min-h-0 flex-1 overflow-y-auto" tabIndex={-1}>
      {entries.length === 0 && <p className="p-6 text-center text-soft">{t("picker.empty")}</p>}
      <ul className="relative" style={{ height: rows.getTotalSize() }}>
        {visible.map(({ index, start }) => {
          const entry = entries[index];
          return (
            entry && (
              <li
                key={entry.index}
                className="absolute inset-x-0 top-0"
                style={{ height: ROW_PX, transform: `translateY(${start}px)` }}
              >
                <Entry
                  entry={entry}
                  isChosen={chosen.has(entry.index)}
                  onToggle={() => {
                    toggle(entry.index);
                  }}
                />
              </li>
            )
          );
        })}
      </ul>
    </div>
  );
}

interface EntryProps {
  entry: PlaylistEntry;
  isChosen: boolean;
  onToggle: () => void;
}

function Entry({ entry, isChosen, onToggle }: EntryProps) {
  return (
    <label className="flex h-full items-center gap-3 px-4 hover:bg-wash has-disabled:text-soft">
      <input
        type="checkbox"
        className="tick"
        checked={isChosen && entry.available}
        disabled={!entry.available}
        onChange={onToggle}
      />
      <span className="w-9 shrink-0 text-end text-sm text-soft tabular-nums">{entry.index}</span>
      <span className="min-w-0 flex-1 truncate" dir="auto">
        {entry.available ? (entry.title ?? t("picker.untitled")) : t("picker.unavailable")}
      </span>
      {entry.duration !== null && (
        <span className="text-sm text-soft tabular-nums">{clock(entry.duration)}</span>
      )}
    </label>
  );
}

function Range(props: { total: number; onChoose: (chosen: ReadonlySet<number>) => void }) {
  const [text, setText] = useState("");
  const [isBad, setBad] = useState(false);
  const apply = (event: SubmitEvent) => {
    event.preventDefault();
    const indexes = fromRanges(text, props.total);
    setBad(indexes === null);
    if (indexes) {
      props.onChoose(new Set(indexes));
    }
  };
  return (
    <form className="flex gap-2" onSubmit={apply}>
      <input
        className="field w-28!"
        placeholder={t("picker.range.placeholder")}
        aria-label={t("picker.range")}
        aria-invalid={isBad || undefined}
        title={isBad ? t("picker.range.bad") : undefined}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
        }}
      />
      <button className="button button-plain">{t("picker.range.apply")}</button>
      {isBad && (
        <span role="alert" className="sr-only">
          {t("picker.range.bad")}
        </span>
      )}
    </form>
  );
}
