import { useEffect, useRef } from "react";

import { t } from "../i18n";
import type { useFinished } from "./useFinished";

interface MoreProps {
  finished: ReturnType<typeof useFinished>;
  isEmpty: boolean;
  isPlain: boolean;
  /** Some of it is not shown, as a person wished. */
  hidesSome: boolean;
  onShowHidden: () => void;
}

/** The end of the list: asks for the next page when it comes into view. */
export function ListEnd({ finished, isEmpty, isPlain, hidesSome, onShowHidden }: MoreProps) {
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
      {isEmpty && !hidesSome && !finished.isFetching && !isPlain && (
        <p className="py-6">{t("list.empty.search")}</p>
      )}
      {hidesSome && !finished.hasNextPage && (
        <p className="flex flex-wrap items-center justify-center gap-x-3">
          {t(isEmpty ? "list.allHidden" : "list.someHidden")}
          <button
            type="button"
            className="min-h-11 underline underline-offset-4"
            onClick={onShowHidden}
          >
            {t("list.showHidden")}
          </button>
        </p>
      )}
    </div>
  );
}

/** Says what to do first. */
export function Empty() {
  return (
    <div id="downloads" tabIndex={-1} className="mx-auto max-w-sm py-20 text-center outline-none">
      <h2 className="mb-2 text-2xl">{t("list.empty.title")}</h2>
      <p className="text-soft">{t("list.empty.text")}</p>
      <p className="mt-6 text-sm text-soft max-sm:hidden">{t("add.keys")}</p>
    </div>
  );
}
