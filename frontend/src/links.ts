/** What people paste, read into links: which lines are none, and what a link leads to. */

export const MAX_LINKS = 50;

/** Where a link seems to lead. The server has the last word. */
export type Target = "video" | "playlist" | "either";

export interface Line {
  /** From 0, in the text as typed. */
  number: number;
  text: string;
  /** Null where the line is no link. */
  url: string | null;
}

/** The lines that are not empty. Several links on one line, or in one sentence, count as written. */
export function readLines(text: string): Line[] {
  return text.split(/\r\n|\r|\n/).flatMap((line, number) => {
    const trimmed = line.trim();
    return trimmed === "" ? [] : [{ number, text: trimmed, url: asUrl(trimmed) }];
  });
}

/** Several links in one line, as spreadsheets and chats give them, each to a line of its own. */
export function onePerLine(text: string): string {
  return text.replace(/[\s,;]+(?=https?:\/\/)/gi, "\n").trim();
}

/** The first link in what another app shared. */
export function firstLink(...texts: (string | null | undefined)[]): string | null {
  for (const text of texts) {
    const found = /https?:\/\/\S+/i.exec(text ?? "") ?? null;
    if (found) {
      return found[0];
    }
  }
  return null;
}

/** The link that a line is, with the scheme that people leave out. */
export function asUrl(text: string): string | null {
  if (/\s/.test(text)) {
    return null;
  }
  const whole = /^[a-z][a-z0-9+.-]*:/i.test(text) ? text : `https://${text}`;
  if (!/^https?:\/\/[^/]+\.[^/]+/i.test(whole) || !URL.canParse(whole)) {
    return null;
  }
  return whole;
}

/** Whether a link names a video, a list of videos, or a video within a list. */
export function targetOf(link: string): Target {
  const url = new URL(link);
  const path = url.pathname;
  const hasList = url.searchParams.has("list");
  const isVideo =
    url.searchParams.has("v") ||
    url.hostname.endsWith("youtu.be") ||
    /^\/(shorts|live|embed|v)\//.test(path);
  if (isVideo) {
    return hasList ? "either" : "video";
  }
  return hasList || /^\/(@|channel\/|c\/|user\/|playlist)/.test(path) ? "playlist" : "video";
}

/** Indexes such as 1, 2, 3, 7 as the API writes them: `1-3,7`. */
export function asRanges(indexes: Iterable<number>): string {
  const sorted = [...new Set(indexes)].sort((a, b) => a - b);
  const ranges: [number, number][] = [];
  for (const index of sorted) {
    const last = ranges.at(-1);
    if (last?.[1] === index - 1) {
      last[1] = index;
    } else {
      ranges.push([index, index]);
    }
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(",");
}

/** The indexes that `1-3,7` or `5-` names, within 1 to `last`; null when it is not understood. */
export function fromRanges(text: string, last: number): number[] | null {
  const found = new Set<number>();
  for (const part of text.split(",").map((part) => part.trim())) {
    const match = /^(\d*)(\s*-\s*(\d*))?$/.exec(part);
    if (!match || part === "" || part === "-") {
      return null;
    }
    const from = match[1] ? Number(match[1]) : 1;
    const to = match[2] === undefined ? from : match[3] ? Number(match[3]) : last;
    for (let index = Math.max(from, 1); index <= Math.min(to, last); index += 1) {
      found.add(index);
    }
  }
  return [...found].sort((a, b) => a - b);
}
