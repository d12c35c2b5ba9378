import { useEffect, useEffectEvent } from "react";

interface Box {
  focus: () => void;
  take: (text: string) => void;
}

const MAX_FILE_BYTES = 200_000;

/** The whole page belongs to the box: `/` goes there, and so does what is pasted or dropped. */
export function useEverywhere(box: Box): void {
  const take = useEffectEvent(box.take);
  const focus = useEffectEvent(box.focus);
  useEffect(() => {
    const stop = new AbortController();
    const options = { signal: stop.signal };
    document.addEventListener(
      "keydown",
      (event) => {
        const isCommand = event.ctrlKey || event.metaKey || event.altKey;
        if (event.key === "/" && !isCommand && !isTyping(event.target)) {
          event.preventDefault();
          focus();
        }
      },
      options,
    );
    document.addEventListener(
      "paste",
      (event) => {
        const text = event.clipboardData?.getData("text/plain").trim() ?? "";
        if (text !== "" && !isTyping(event.target)) {
          event.preventDefault();
          take(text);
        }
      },
      options,
    );
    document.addEventListener(
      "dragover",
      (event) => {
        event.preventDefault();
      },
      options,
    );
    document.addEventListener(
      "drop",
      (event) => {
        event.preventDefault();
        void dropped(event.dataTransfer).then((text) => {
          if (text !== "") {
            take(text);
          }
        });
      },
      options,
    );
    return () => {
      stop.abort();
    };
  }, []);
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && target.closest("input, textarea, select, dialog") !== null
  );
}

async function dropped(data: DataTransfer | null): Promise<string> {
  const file = [...(data?.files ?? [])].find((one) => one.size <= MAX_FILE_BYTES);
  const text = file ? await file.text() : (data?.getData("text/plain") ?? "");
  return text.trim();
}
