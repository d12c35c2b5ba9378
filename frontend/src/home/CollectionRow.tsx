import { memo } from "react";

import type { Download } from "../api/types";
import { copyText } from "../clipboard";
import { count, percent } from "../format";
import { t } from "../i18n";
import { type Collection, type CollectionKind, isFinal } from "../live/cache";
import { Bar } from "../ui/Bar";
import { Icon } from "../ui/Icon";
import { Menu, type MenuEntry } from "../ui/Menu";
import { hideEntry, type RowProps } from "./DownloadRow";
import { Thumb } from "./Thumb";
import { Tick } from "./Tick";
import { useCollection } from "./useCollection";
import { causeOf, remedyOf, titleOf } from "./wording";

interface Props extends RowProps {
  kind: CollectionKind;
  id: string;
  sample: Download | null;
  isOpen: boolean;
  onToggle: (id: string) => void;
}

/** A batch or playlist: what its items come to, and what can be done with all of them. */
export const CollectionRow = memo(function CollectionRow(props: Props) {
  const { kind, id, sample, tick, isHidden, isOpen, onToggle } = props;
  const { data: collection } = useCollection(kind, id);
  const title = nameOf(collection, sample);
  const first = collection?.videos.find((video) => video.thumbnail) ?? sample;
  return (
    <div data-hidden={isHidden || undefined} className="row">
      {tick && <Tick {...tick} label={t("list.select", { title })} />}
      <Stack src={first?.thumbnail ?? null} />
      <div className="min-w-0 flex-1">
        <h3 className="font-sans text-base leading-snug font-semibold tracking-normal" dir="auto">
          <button
            type="button"
            className="flex min-h-6 items-start gap-1.5 text-start"
            aria-expanded={isOpen}
            aria-label={t(isOpen ? "row.collapse" : "row.expand", { title })}
            onClick={() => {
              onToggle(id);
            }}
          >
            <Icon
              name="down"
              className={`mt-0.5 transition-transform ${isOpen ? "" : "-rotate-90 rtl:rotate-90"}`}
            />
            <span className="line-clamp-2">{title}</span>
          </button>
        </h3>
        {collection && <State collection={collection} title={title} />}
      </div>
      <div className="flex shrink-0 items-start max-sm:flex-col max-sm:items-end">
        {collection && <MainAction {...props} collection={collection} title={title} />}
        <More {...props} collection={collection} title={title} />
      </div>
    </div>
  );
});

function nameOf(collection: Collection | undefined, sample: Download | null): string {
  if (collection && "playlist_id" in collection) {
    return collection.title ?? t("row.playlist");
  }
  const first = collection?.videos[0] ?? sample;
  const total = collection?.total ?? 0;
  if (first?.title && total > 1) {
    return t("row.batch", { first: first.title, count: count(total - 1) });
  }
  return first ? titleOf(first) : t("row.batchOf", { count: count(total) });
}

/** A picture with others behind it. */
function Stack({ src }: { src: string | null }) {
  return (
    <div
      className="relative me-1 mb-1.5 h-11 w-18 shrink-0 self-start sm:h-15 sm:w-26"
      aria-hidden="true"
    >
      <span className="absolute inset-0 translate-x-1 translate-y-1.5 rounded-lg bg-line" />
      <Thumb src={src} className="relative size-full outline-2 outline-paper" />
    </div>
  );
}

function State({ collection, title }: { collection: Collection; title: string }) {
  const { status, total, completed, failed, cancelled } = collection;
  const isRunning = !isFinal(status);
  if ("error_code" in collection && collection.error_code && collection.videos.length === 0) {
    return (
      <div className="mt-1 text-sm">
        <p className="text-bad">{causeOf(collection)}</p>
        <p className="text-soft">{remedyOf(collection)}</p>
      </div>
    );
  }
  return (
    <div className="mt-1.5">
      {isRunning && (
        <Bar
          progress={collection.progress}
          label={t("row.progress", { title })}
          isBusy={total === null}
        />
      )}
      <p className="mt-1 flex flex-wrap gap-x-3 text-sm text-soft tabular-nums">
        {isRunning && <span className="font-medium text-ink">{percent(collection.progress)}</span>}
        <span>
          {total === null
            ? t("state.listing")
            : t("row.items", { done: count(completed), total: count(total) })}
        </span>
        {failed > 0 && (
          <span className="text-bad">{t("row.items.failed", { count: count(failed) })}</span>
        )}
        {cancelled > 0 && <span>{t("row.items.cancelled", { count: count(cancelled) })}</span>}
        {"is_truncated" in collection && collection.is_truncated && (
          <span className="text-warn">{t("row.truncated")}</span>
        )}
      </p>
    </div>
  );
}

interface ActionProps extends Props {
  collection: Collection;
  title: string;
}

function MainAction({ kind, id, collection, actions, title }: ActionProps) {
  if (!isFinal(collection.status)) {
    return (
      <button
        type="button"
        className="button button-plain max-sm:button-icon"
        aria-label={`${t("row.cancelRest")}: ${title}`}
        onClick={() => {
          actions.cancel([{ kind, id }]);
        }}
      >
        <Icon name="close" />
        <span className="max-sm:hidden">{t("row.cancelRest")}</span>
      </button>
    );
  }
  if (collection.completed > 0) {
    return (
      <a
        className="button button-main max-sm:button-icon"
        href={collection.zip_url}
        download
        aria-label={`${t("row.zip")}: ${title}`}
      >
        <Icon name="save" />
        <span className="max-sm:hidden">{t("row.zip")}</span>
      </a>
    );
  }
  return (
    <button
      type="button"
      className="button button-plain max-sm:button-icon"
      aria-label={`${t("row.retry")}: ${title}`}
      onClick={() => {
        actions.retry([{ kind, id }]);
      }}
    >
      <Icon name="retry" />
      <span className="max-sm:hidden">{t("row.retry")}</span>
    </button>
  );
}

function More(props: Omit<ActionProps, "collection"> & { collection: Collection | undefined }) {
  const { kind, id, collection, actions, isHidden, title } = props;
  const hasSome =
    collection !== undefined && !isFinal(collection.status) && collection.completed > 0;
  const canRetry = collection !== undefined && collection.failed + collection.cancelled > 0;
  const url = collection && "url" in collection ? collection.url : null;
  const links = () => collection?.videos.map((video) => video.url).join("\n") ?? "";
  const save = () => {
    location.assign(`${collection?.zip_url ?? ""}?partial=true`);
  };
  const retry = () => {
    actions.retry([{ kind, id }]);
  };
  const hasFiles = (collection?.completed ?? 0) > 0;
  const isOver = collection !== undefined && isFinal(collection.status);
  const remove = () => {
    (hasFiles ? actions.askToDelete : actions.remove)([{ kind, id }]);
  };
  const entries = (): MenuEntry[] => [
    ...(hasSome ? [{ label: t("row.zipNow"), icon: "save", onSelect: save } as const] : []),
    ...(canRetry ? [{ label: t("row.retryFailed"), icon: "retry", onSelect: retry } as const] : []),
    { label: t("row.copyLink"), icon: "paste", onSelect: () => void copyText(url ?? links()) },
    ...(url ? [{ label: t("row.openSource"), icon: "list", href: url } as const] : []),
    "rule",
    ...((hasFiles && isOver) || isHidden ? [hideEntry(isHidden, actions, [{ kind, id }])] : []),
    { label: t(hasFiles ? "row.delete" : "row.remove"), icon: "remove", onSelect: remove },
  ];
  return <Menu label={t("row.actions", { title })} icon="dots" entries={entries} />;
}
