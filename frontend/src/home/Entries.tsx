/** The videos of a playlist, of which only those in view exist. */

import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef } from "react";

import type { PlaylistEntry } from "../api/types";
import { clock } from "../format";
import { t } from "../i18n";

const ROW_PX = 52;
/** How near to the end of what is loaded the next page is asked for. */
const AHEAD = 30;

interface EntriesProps {
  entries: PlaylistEntry[];
  chosen: ReadonlySet<number>;
  onChange: (chosen: ReadonlySet<number>) => void;
  isAll: boolean;
  loadMore: () => void;
}

export function Entries({ entries, chosen, onChange, isAll, loadMore }: EntriesProps) {
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
