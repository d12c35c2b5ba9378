/** Rows, of which only those near the screen exist once there are many. */

import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { memo, type ReactNode, useLayoutEffect, useRef, useState } from "react";

import type { Row } from "./rows";

interface Props {
  rows: readonly Row[];
  label: string;
  draw: (row: Row) => ReactNode;
}

/** Fewer than this are cheaper to have than to manage. */
const MANY = 50;
const ESTIMATE_PX = 86;
/** Ready above and below the screen. Each costs in the one task that a jump to elsewhere takes. */
const OVERSCAN = 2;

/** Drawn again only when its rows change, and not when others do. */
export const RowList = memo(function RowList({ rows, label, draw }: Props) {
  if (rows.length > MANY) {
    return <LongList rows={rows} label={label} draw={draw} />;
  }
  return (
    <ul aria-label={label} className="divide-y divide-line">
      {rows.map((row) => (
        <li key={row.key} className="unseen">
          {draw(row)}
        </li>
      ))}
    </ul>
  );
});

function LongList({ rows, label, draw }: Props) {
  "use no memo";
  const list = useRef<HTMLUListElement>(null);
  const [top, setTop] = useState(0);
  // What is above the list grows and shrinks; the same place again changes nothing.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  useLayoutEffect(() => {
    setTop((list.current?.getBoundingClientRect().top ?? 0) + window.scrollY);
  });
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => ESTIMATE_PX,
    getItemKey: (index) => rows[index]?.key ?? index,
    overscan: OVERSCAN,
    scrollMargin: top,
  });
  return (
    <ul
      ref={list}
      aria-label={label}
      className="relative"
      style={{ height: virtual.getTotalSize() }}
    >
      {virtual.getVirtualItems().map(({ index, key, start }) => {
        const row = rows[index];
        return (
          row && (
            <li
              key={key}
              ref={virtual.measureElement}
              data-index={index}
              aria-setsize={rows.length}
              aria-posinset={index + 1}
              className="absolute inset-x-0 top-0 border-t border-line"
              style={{ transform: `translateY(${start - top}px)` }}
            >
              {draw(row)}
            </li>
          )
        );
      })}
    </ul>
  );
}
