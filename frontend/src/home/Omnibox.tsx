/** The one box: a link, many links, or a playlist. */

import { useQuery } from "@tanstack/react-query";
import {
  type ChangeEvent,
  type KeyboardEvent,
  lazy,
  Suspense,
  useEffect,
  useMemo,
  useRef,
  useState,
} from "react";

import { ApiError } from "../api/http";
import { asOptions, remember, remembered } from "../choices";
import { explain } from "../failure";
import { count } from "../format";
import { t, tn } from "../i18n";
import { type Line, MAX_LINKS, onePerLine, readLines, type Target, targetOf } from "../links";
import { Icon } from "../ui/Icon";
import { Choices, MoreChoices } from "./Choices";
import { LinesBox } from "./LinesBox";
import { ListPreview, VideoPreview } from "./Preview";
import { infoQuery, listQuery, useSettled } from "./useLook";
import { useEverywhere } from "./useEverywhere";
import { useSubmit, type Wish } from "./useSubmit";

const Picker = lazy(() => import("./Picker").then((module) => ({ default: module.Picker })));

/** What the lines in the box amount to. */
interface Reading {
  /** Each link once; what is given twice counts where it stands first. */
  lines: Line[];
  /** The link, where it is one alone. */
  single: string | null;
  target: Target | null;
  folded: number;
}

function read(text: string): Reading {
  const all = readLines(text);
  const lines = [
    ...new Map(all.toReversed().map((line) => [wordOf(line), line])).values(),
  ].reverse();
  const single = lines.length === 1 ? (lines[0]?.url ?? null) : null;
  const target = single ? targetOf(single) : null;
  return { lines, single, target, folded: all.length - lines.length };
}

function wordOf(line: Line): string {
  return line.url ?? line.text;
}

export function Omnibox({ prefill }: { prefill: string | null }) {
  const [text, setText] = useState(prefill ?? "");
  const [wantsList, setWantsList] = useState(false);
  const [isPicking, setPicking] = useState(false);
  const [hasMore, setHasMore] = useState(false);
  const [chosen, setChosen] = useState(remembered);
  const box = useRef<HTMLTextAreaElement>(null);
  const { submit, error, isBusy, forgive } = useSubmit();
  const reading = useMemo(() => read(text), [text]);
  const settled = useSettled(reading.single);
  const isSettled = settled !== null && settled === reading.single;

  const isList = reading.target === "playlist" || (reading.target === "either" && wantsList);
  const info = useQuery({ ...infoQuery(settled ?? ""), enabled: isSettled && !isList });
  const list = useQuery({
    ...listQuery(settled ?? ""),
    enabled: isSettled && reading.target !== "video",
  });

  const type = (next: string) => {
    setText(next);
    forgive();
    if (readLines(next).length !== 1) {
      setWantsList(false);
    }
  };
  const clear = () => {
    type("");
    box.current?.focus();
  };
  useEverywhere({
    focus: () => box.current?.focus(),
    take: (pasted) => {
      type(onePerLine(pasted));
      box.current?.focus();
    },
  });
  useEffect(() => {
    // On a phone the keyboard would hide everything at once.
    if (matchMedia("(hover: hover)").matches) {
      box.current?.focus();
    }
  }, []);

  const wrong = useWrongLines(reading.lines, error);
  const urls = reading.lines.map(wordOf);
  const isTooMany = urls.length > MAX_LINKS;
  const canSubmit = urls.length > 0 && wrong.unread.size === 0 && !isTooMany && !isBusy;
  const send = async (wish: Wish) => {
    remember(chosen);
    if (await submit(wish, asOptions(chosen))) {
      setPicking(false);
      clear();
    }
  };
  const go = () => {
    if (!canSubmit) {
      return;
    }
    const [url = ""] = urls;
    const one: Wish = isList ? { kind: "list", url, items: undefined } : { kind: "video", url };
    void send(urls.length > 1 ? { kind: "many", urls } : one);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault();
      go();
    } else if (event.key === "Escape") {
      clear();
    }
  };
  const onChange = (event: ChangeEvent<HTMLTextAreaElement>) => {
    const next = event.target.value;
    const native = event.nativeEvent;
    const isPaste = native instanceof InputEvent && native.inputType === "insertFromPaste";
    type(isPaste ? onePerLine(next) : next);
  };

  return (
    <section className="sheet relative p-3 shadow-(--shadow) sm:p-4" aria-label={t("add.label")}>
      <form
        className="grid gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          go();
        }}
      >
        <div className="flex items-start gap-1 rounded-xl border-2 border-edge bg-sheet focus-within:border-accent">
          <LinesBox
            ref={box}
            value={text}
            badLines={wrong.numbers}
            placeholder={t("add.placeholder")}
            aria-label={t("add.label")}
            aria-describedby="add-notes"
            aria-invalid={wrong.numbers.size > 0 || undefined}
            enterKeyHint="go"
            inputMode="url"
            onKeyDown={onKeyDown}
            onChange={onChange}
          />
          {text !== "" ? (
            <button type="button" className="target" aria-label={t("add.clear")} onClick={clear}>
              <Icon name="close" />
            </button>
          ) : (
            <PasteButton onPaste={type} />
          )}
        </div>
        <div id="add-notes" className="contents">
          <Counter reading={reading} isTooMany={isTooMany} wrong={wrong} />
          {error !== null && wrong.answered.size === 0 && (
            <p role="alert" className="rounded-lg bg-bad-wash p-3 text-bad">
              {explain(error)}
            </p>
          )}
        </div>
        {reading.target === "either" && (
          <Either
            wantsList={wantsList}
            count={list.data?.video_count ?? null}
            onChange={setWantsList}
          />
        )}
        {isSettled && (isList ? <ListPreview url={settled} /> : <VideoPreview url={settled} />)}
        <div className="flex flex-wrap items-center gap-2">
          <Choices chosen={chosen} offered={info.data?.qualities} onChange={setChosen} />
          <button
            type="button"
            className="button button-bare button-icon aria-expanded:bg-wash"
            aria-expanded={hasMore}
            aria-label={t("choice.more")}
            onClick={() => {
              setHasMore(!hasMore);
            }}
          >
            <Icon name="sliders" />
          </button>
          <div className="flex flex-wrap gap-2 max-sm:w-full sm:ms-auto">
            {isList && (
              <button
                type="button"
                className="button button-plain max-sm:flex-1"
                disabled={!list.data}
                onClick={() => {
                  setPicking(true);
                }}
              >
                {t("add.choose")}
              </button>
            )}
            <button className="button button-main max-sm:flex-1" disabled={!canSubmit}>
              <Icon name="save" />
              {labelOf(urls.length, isList, list.data?.video_count ?? null)}
            </button>
          </div>
        </div>
        {hasMore && <MoreChoices chosen={chosen} onChange={setChosen} />}
      </form>
      {isPicking && list.data && settled && (
        <Suspense>
          <Picker
            url={settled}
            first={list.data}
            isBusy={isBusy}
            onClose={() => {
              setPicking(false);
            }}
            onPick={(items) => void send({ kind: "list", url: settled, items })}
          />
        </Suspense>
      )}
    </section>
  );
}

/** Browsers give the clipboard only to pages whose connection is safe. */
function PasteButton({ onPaste }: { onPaste: (text: string) => void }) {
  if (!isSecureContext) {
    return null;
  }
  const paste = async () => {
    onPaste(onePerLine(await navigator.clipboard.readText()));
  };
  return (
    <button
      type="button"
      className="target text-soft"
      aria-label={t("add.paste")}
      onClick={() => {
        // Whoever says no to the browser's question has said no.
        paste().catch(() => undefined);
      }}
    >
      <Icon name="paste" />
    </button>
  );
}

function labelOf(links: number, isList: boolean, total: number | null): string {
  if (links > 1) {
    return t("add.download.many", { count: count(links) });
  }
  if (isList) {
    return total === null ? t("add.download.list") : t("add.download.all", { count: count(total) });
  }
  return t("add.download");
}

interface Wrong {
  /** Lines that are no links, seen here. */
  unread: ReadonlySet<number>;
  /** Lines that the server refused, and why. */
  answered: ReadonlyMap<number, string>;
  numbers: ReadonlySet<number>;
}

function useWrongLines(lines: Line[], error: unknown): Wrong {
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

interface CounterProps {
  reading: Reading;
  isTooMany: boolean;
  wrong: Wrong;
}

/** How many links there are, and which lines are none. */
function Counter({ reading, isTooMany, wrong }: CounterProps) {
  const links = reading.lines.length;
  if (links < 2) {
    return null;
  }
  const known = { count: count(links), max: count(MAX_LINKS) };
  return (
    <div className="text-sm" role="status">
      <p className="flex flex-wrap gap-x-4 text-soft tabular-nums">
        <span className={isTooMany ? "font-semibold text-bad" : ""}>{t("add.counter", known)}</span>
        {reading.folded > 0 && (
          <span>{t("add.counter.folded", { ...known, folded: count(reading.folded) })}</span>
        )}
        {wrong.unread.size > 0 && (
          <span className="font-semibold text-bad">{tn("add.bad", wrong.unread.size)}</span>
        )}
        {isTooMany && <span className="text-bad">{t("add.tooMany", known)}</span>}
      </p>
      {[...wrong.answered].map(([number, reason]) => (
        <p key={number} className="text-bad">
          {t("add.bad.line", { line: number + 1, reason })}
        </p>
      ))}
    </div>
  );
}

interface EitherProps {
  wantsList: boolean;
  count: number | null;
  onChange: (wantsList: boolean) => void;
}

/** The question that a link to a video within a playlist asks. */
function Either({ wantsList, count: total, onChange }: EitherProps) {
  const list =
    total === null ? t("add.either.playlist") : t("add.either.playlistOf", { count: count(total) });
  const option = (isList: boolean, label: string) => (
    <label className="button button-plain flex-1 has-checked:border-accent has-checked:bg-wash has-focus-visible:outline-3 has-focus-visible:outline-accent">
      <input
        type="radio"
        name="either"
        className="tick"
        checked={wantsList === isList}
        onChange={() => {
          onChange(isList);
        }}
      />
      {label}
    </label>
  );
  return (
    <fieldset>
      <legend className="mb-2">{t("add.either.question")}</legend>
      <div className="flex flex-wrap gap-2">
        {option(false, t("add.either.video"))}
        {option(true, list)}
      </div>
    </fieldset>
  );
}
