import { memo } from "react";

import type { Download } from "../api/types";
import { copyText } from "../clipboard";
import { bytes, clock, date, dateTime, percent, relative } from "../format";
import { t } from "../i18n";
import { isFinal } from "../live/cache";
import { useNow } from "../now";
import { Bar } from "../ui/Bar";
import { Icon } from "../ui/Icon";
import { Menu, type MenuEntry } from "../ui/Menu";
import { canShare, shareFile } from "./share";
import { Thumb } from "./Thumb";
import type { Actions, Target } from "./actions";
import { Tick, type TickProps } from "./Tick";
import {
  causeOf,
  choiceOf,
  detailsOf,
  figuresOf,
  isAudio,
  remedyOf,
  stateOf,
  titleOf,
} from "./wording";

export interface RowProps {
  actions: Actions;
  /** Shown all the same, as somebody wants to see what is hidden. */
  isHidden: boolean;
  tick: Omit<TickProps, "label"> | null;
}

/** One download; drawn again only when it changed. */
export const DownloadRow = memo(function DownloadRow(
  props: RowProps & { download: Download; isChild: boolean },
) {
  const { download, tick, isChild, isHidden } = props;
  const title = titleOf(download);
  return (
    <div
      data-hidden={isHidden || undefined}
      className={`row ${isChild ? "border-s-2 border-line ps-3 sm:ms-6" : ""}`}
    >
      {tick && <Tick {...tick} label={t("list.select", { title })} />}
      <Thumb
        src={download.thumbnail}
        isAudio={isAudio(download)}
        className={isChild ? "h-9 w-16 max-sm:hidden" : "h-11 w-18 sm:h-15 sm:w-26"}
      />
      <div className="min-w-0 flex-1">
        <h3
          className="line-clamp-2 font-sans text-base leading-snug font-semibold tracking-normal"
          dir="auto"
        >
          {title}
        </h3>
        <Middle download={download} title={title} />
      </div>
      <div className="flex shrink-0 items-start max-sm:flex-col max-sm:items-end">
        <MainAction {...props} title={title} />
        <More {...props} title={title} />
      </div>
    </div>
  );
});

function Middle({ download, title }: { download: Download; title: string }) {
  if (!isFinal(download.status)) {
    return <Running download={download} title={title} />;
  }
  if (download.status === "failed") {
    return <Failed download={download} />;
  }
  return <Ended download={download} />;
}

function Running({ download, title }: { download: Download; title: string }) {
  const isBusy = download.status === "downloading" && download.phase !== "downloading";
  const isPaused = download.status === "pending" && Boolean(download.paused_until);
  return (
    <div className="mt-1.5">
      <Bar progress={download.progress} label={t("row.progress", { title })} isBusy={isBusy} />
      <p className="mt-1 flex flex-wrap gap-x-3 text-sm text-soft tabular-nums">
        <span className={isPaused ? "text-warn" : "font-medium text-ink"}>
          {stateOf(download)}
          {download.status === "downloading" && ` ${percent(download.progress)}`}
        </span>
        {figuresOf(download).map((figure) => (
          <span key={figure}>{figure}</span>
        ))}
        <span className="max-sm:hidden">{choiceOf(download)}</span>
      </p>
    </div>
  );
}

function Failed({ download }: { download: Download }) {
  return (
    <div className="mt-1 text-sm">
      <p className="text-bad">{causeOf(download)}</p>
      <p className="text-soft">{remedyOf(download)}</p>
      <details className="mt-1">
        <summary className="inline-flex min-h-6 items-center text-soft underline underline-offset-4">
          {t("row.details")}
        </summary>
        <pre className="mt-1 overflow-x-auto rounded-lg bg-sunk p-3 font-mono text-xs" tabIndex={0}>
          {detailsOf(download)}
        </pre>
        <button
          type="button"
          className="button button-plain mt-2"
          onClick={() => void copyText(detailsOf(download))}
        >
          {t("row.copyDetails")}
        </button>
      </details>
    </div>
  );
}

function Ended({ download }: { download: Download }) {
  const now = useNow();
  const isHere = download.status === "completed" && download.file_url;
  const facts = [
    download.status === "cancelled" ? t("state.cancelled") : null,
    download.file_size ? bytes(download.file_size) : null,
    choiceOf(download),
    download.duration ? clock(download.duration) : null,
    download.uploader,
  ].filter((fact) => fact !== null);
  return (
    <p className="mt-0.5 flex flex-wrap gap-x-3 text-sm text-soft tabular-nums">
      {facts.map((fact) => (
        <span key={fact} dir="auto" className="max-w-60 truncate">
          {fact}
        </span>
      ))}
      {download.completed_at && (
        <time dateTime={download.completed_at} title={dateTime(download.completed_at)}>
          {relative(download.completed_at, now)}
        </time>
      )}
      {download.status === "completed" && !isHere && <span>{t("row.expired")}</span>}
      {isHere && download.expires_at && (
        <span className="max-sm:hidden" title={dateTime(download.expires_at)}>
          {t("row.expires", { when: date(download.expires_at) })}
        </span>
      )}
    </p>
  );
}

interface ActionProps extends RowProps {
  download: Download;
  isChild: boolean;
  title: string;
}

/** The one thing that most people want to do with it now. */
function MainAction({ download, actions, title }: ActionProps) {
  const target: Target = { kind: "single", id: download.id };
  if (download.status === "completed") {
    return download.file_url ? (
      <a
        className="button button-main max-sm:button-icon"
        href={download.file_url}
        download
        aria-label={t("row.saveNamed", { title })}
      >
        <Icon name="save" />
        <span className="max-sm:hidden">{t("row.save")}</span>
      </a>
    ) : null;
  }
  const isOver = isFinal(download.status);
  const label = t(isOver ? "row.retry" : "row.cancel");
  return (
    <button
      type="button"
      className="button button-plain max-sm:button-icon"
      aria-label={`${label}: ${title}`}
      onClick={() => {
        (isOver ? actions.retry : actions.cancel)([target]);
      }}
    >
      <Icon name={isOver ? "retry" : "close"} />
      <span className="max-sm:hidden">{label}</span>
    </button>
  );
}

function More({ download, actions, isHidden, title }: ActionProps) {
  const targets: Target[] = [{ kind: "single", id: download.id }];
  const hasFile = download.status === "completed" && Boolean(download.file_url);
  const on = (act: (targets: readonly Target[]) => void) => () => {
    act(targets);
  };
  const entries = (): MenuEntry[] => [
    ...(canShare(download)
      ? [
          {
            label: t("row.share"),
            icon: "share",
            onSelect: () => void shareFile(download),
          } as const,
        ]
      : []),
    { label: t("row.copyLink"), icon: "paste", onSelect: () => void copyText(download.url) },
    { label: t("row.openSource"), icon: "film", href: download.url },
    "rule",
    ...(hasFile || isHidden ? [hideEntry(isHidden, actions, targets)] : []),
    hasFile
      ? { label: t("row.delete"), icon: "remove", onSelect: on(actions.askToDelete) }
      : { label: t("row.remove"), icon: "remove", onSelect: on(actions.remove) },
  ];
  return <Menu label={t("row.actions", { title })} icon="dots" entries={entries} />;
}

/** Out of sight, or back. */
export function hideEntry(isHidden: boolean, actions: Actions, targets: Target[]): MenuEntry {
  return {
    label: t(isHidden ? "row.show" : "row.hide"),
    icon: isHidden ? "eye" : "hide",
    onSelect: () => {
      (isHidden ? actions.show : actions.hide)(targets);
    },
  };
}
