import { useQuery } from "@tanstack/react-query";
import { lazy, type ReactNode, Suspense, useState } from "react";

import type { MediaInfo, PlaylistInfo } from "../api/types";
import type { Choices } from "../choices";
import { clock, count } from "../format";
import { explain } from "../failure";
import { t, tn } from "../i18n";
import { Icon } from "../ui/Icon";
import { Thumb } from "./Thumb";
import { infoQuery, listQuery, useIsKnown } from "./useLook";

const Formats = lazy(() => import("./Formats").then((module) => ({ default: module.Formats })));

interface VideoProps {
  url: string;
  chosen: Choices;
  onChange: (chosen: Choices) => void;
}

/** What a link leads to, before it is fetched. */
export function VideoPreview({ url, chosen, onChange }: VideoProps) {
  const { data, error, isPending } = useQuery(infoQuery(url));
  const isKnown = useIsKnown(data?.id);
  if (isPending) {
    return <Looking />;
  }
  return error ? (
    <Refused error={error} />
  ) : (
    <Video info={data} isKnown={isKnown} chosen={chosen} onChange={onChange} />
  );
}

export function ListPreview({ url }: { url: string }) {
  const { data, error, isPending } = useQuery(listQuery(url));
  if (isPending) {
    return <Looking />;
  }
  return error ? <Refused error={error} /> : <List info={data} />;
}

function Video(props: Omit<VideoProps, "url"> & { info: MediaInfo; isKnown: boolean }) {
  const { info, isKnown, chosen, onChange } = props;
  const [showsFormats, setShowsFormats] = useState(false);
  return (
    <>
      <Chip picture={info.thumbnail} title={info.title}>
        {info.uploader && <span dir="auto">{info.uploader}</span>}
        {info.duration !== null && <span>{clock(info.duration)}</span>}
        {info.is_live && <span className="font-semibold text-bad">{t("add.live")}</span>}
        {isKnown && (
          <span className="inline-flex items-center gap-1 font-semibold text-good">
            <Icon name="check" className="size-4" />
            {t("add.known")}
          </span>
        )}
        {info.formats.video.length + info.formats.audio.length > 0 && (
          <button
            type="button"
            className="inline-flex min-h-6 items-center underline underline-offset-4"
            aria-expanded={showsFormats}
            onClick={() => {
              setShowsFormats(!showsFormats);
            }}
          >
            {t("formats.show")}
          </button>
        )}
      </Chip>
      {showsFormats && (
        <Suspense>
          <Formats info={info} chosen={chosen} onChange={onChange} />
        </Suspense>
      )}
    </>
  );
}

function List({ info }: { info: PlaylistInfo }) {
  const first = info.videos.find((video) => video.available);
  const picture = first ? `/api/youtube/thumbnail/${encodeURIComponent(first.id)}` : null;
  return (
    <Chip picture={picture} title={info.title ?? t("row.playlist")}>
      {info.uploader && <span dir="auto">{info.uploader}</span>}
      <span>
        {info.video_count === null
          ? t("add.list.endless")
          : tn("add.list.count", info.video_count, { count: count(info.video_count) })}
      </span>
    </Chip>
  );
}

function Chip(props: { picture: string | null; title: string; children: ReactNode }) {
  return (
    <div className="flex items-center gap-3" data-testid="preview">
      <Thumb src={props.picture} className="h-14 w-24" />
      <div className="min-w-0">
        <p className="line-clamp-2 leading-snug font-semibold" dir="auto">
          {props.title}
        </p>
        <p className="flex flex-wrap items-baseline gap-x-3 text-sm text-soft">{props.children}</p>
      </div>
    </div>
  );
}

function Looking() {
  return (
    <div className="flex items-center gap-3" role="status">
      <div className="h-14 w-24 animate-pulse rounded-lg bg-sunk" />
      <p className="text-soft">{t("add.looking")}</p>
    </div>
  );
}

function Refused({ error }: { error: Error }) {
  return (
    <p role="alert" className="flex items-start gap-2 rounded-lg bg-bad-wash p-3 text-bad">
      <Icon name="alert" className="mt-0.5" />
      <span>{explain(error)}</span>
    </p>
  );
}
