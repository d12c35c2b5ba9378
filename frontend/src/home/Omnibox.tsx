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

import { asOptions, remember, remembered } from "../choices";
import { explain } from "../failure";
import { count } from "../format";
import { t } from "../i18n";
import { MAX_LINKS, onePerLine, readLines } from "../links";
import { Icon } from "../ui/Icon";
import { Choices, MoreChoices } from "./Choices";
import { Counter } from "./Counter";
import { Either } from "./Either";
import { LinesBox } from "./LinesBox";
import { ListPreview, VideoPreview } from "./Preview";
import { read, useWrongLines, wordOf } from "./reading";
import { infoQuery, listQuery, useSettled } from "./useLook";
import { useEverywhere } from "./useEverywhere";
import { useSubmit, type Wish } from "./useSubmit";

const Picker = lazy(() => import("./Picker").then((module) => ({ default: module.Picker })));

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
        {isSettled && isList && <ListPreview url={settled} />}
        {isSettled && !isList && (
          <VideoPreview key={settled} url={settled} chosen={chosen} onChange={setChosen} />
        )}
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
