/** Choosing from a playlist: by hand, by title, by range. */

import { useInfiniteQuery } from "@tanstack/react-query";
import { type SubmitEvent, useMemo, useState } from "react";

import { media } from "../api/calls";
import type { PlaylistInfo } from "../api/types";
import { count } from "../format";
import { t } from "../i18n";
import { asRanges, fromRanges } from "../links";
import { Dialog } from "../ui/Dialog";
import { Entries } from "./Entries";
import { LIST_PAGE } from "./useLook";

interface Props {
  url: string;
  first: PlaylistInfo;
  isBusy: boolean;
  onClose: () => void;
  /** `items` is undefined when all were chosen. */
  onPick: (items: string | undefined) => void;
}

const LENGTHS = ["any", "short", "middle", "long"] as const;
type Length = (typeof LENGTHS)[number];
const SHORT_SECONDS = 4 * 60;
const LONG_SECONDS = 20 * 60;

export function Picker({ url, first, isBusy, onClose, onPick }: Props) {
  const pages = useListPages(url, first);
  const entries = useMemo(() => pages.data.pages.flatMap((page) => page.videos), [pages.data]);
  const total = first.video_count ?? entries.length;
  const [chosen, setChosen] = useState<ReadonlySet<number>>(() => everything(total));
  const [filter, setFilter] = useState("");
  const [length, setLength] = useState<Length>("any");
  const wanted = filter.trim().toLowerCase();
  const shown = useMemo(
    () =>
      entries.filter(
        ({ title, duration }) =>
          (title ?? "").toLowerCase().includes(wanted) && hasLength(duration, length),
      ),
    [entries, wanted, length],
  );
  const isFiltered = wanted !== "" || length !== "any";
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
        <select
          className="field w-auto! max-sm:flex-1"
          aria-label={t("picker.length")}
          value={length}
          onChange={(event) => {
            setLength(LENGTHS.find((one) => one === event.target.value) ?? "any");
          }}
        >
          {LENGTHS.map((one) => (
            <option key={one} value={one}>
              {t(`picker.length.${one}`)}
            </option>
          ))}
        </select>
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

/** What is not said is of no length but any. */
function hasLength(seconds: number | null, length: Length): boolean {
  if (length === "any" || seconds === null) {
    return length === "any";
  }
  const told = seconds <= SHORT_SECONDS ? "short" : seconds <= LONG_SECONDS ? "middle" : "long";
  return told === length;
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
