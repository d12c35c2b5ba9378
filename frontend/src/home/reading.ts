/** What the lines in the box amount to, and which of them are wrong. */

import { useMemo } from "react";

import { ApiError } from "../api/http";
import { type Line, readLines, type Target, targetOf } from "../links";

export interface Reading {
  /** Each link once; what is given twice counts where it stands first. */
  lines: Line[];
  /** The link, where it is one alone. */
  single: string | null;
  target: Target | null;
  folded: number;
}

export function read(text: string): Reading {
  const all = readLines(text);
  const lines = [
    ...new Map(all.toReversed().map((line) => [wordOf(line), line])).values(),
  ].reverse();
  const single = lines.length === 1 ? (lines[0]?.url ?? null) : null;
  const target = single ? targetOf(single) : null;
  return { lines, single, target, folded: all.length - lines.length };
}

/** What is asked for by a line. */
export function wordOf(line: Line): string {
  return line.url ?? line.text;
}

export interface Wrong {
  /** Lines that are no links, seen here. */
  unread: ReadonlySet<number>;
  /** Lines that the server refused, and why. */
  answered: ReadonlyMap<number, string>;
  numbers: ReadonlySet<number>;
}

export function useWrongLines(lines: Line[], error: unknown): Wrong {
  return useMemo(() => {
    const isMany = lines.length > 1;
    // One line alone may still be being typed.
    const unread = new Set(lines.filter((line) => isMany && !line.url).map((line) => line.number));
    const answered = new Map<number, string>();
    for (const { pointer, detail } of error instanceof ApiError ? error.errors : []) {
      const index = /^\/urls\/(\d+)$/.exec(pointer)?.[1];
      const line = index === undefined ? undefined : lines[Number(index)];
      if (line) {
        answered.set(line.number, detail);
      }
    }
    return { unread, answered, numbers: new Set([...unread, ...answered.keys()]) };
  }, [lines, error]);
}
