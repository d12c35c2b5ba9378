import type { ReactNode } from "react";

import type { MediaInfo } from "../api/types";
import type { Choices } from "../choices";
import { bytes, count } from "../format";
import { languageName, t } from "../i18n";
import {
  type AudioChoice,
  audioChoices,
  effective,
  type VideoChoice,
  videoChoices,
} from "./formats";

/** Faster is worth a word where there is little room. */
const USUAL_FPS = 30;

interface Props {
  info: MediaInfo;
  chosen: Choices;
  onChange: (chosen: Choices) => void;
}

/** What the site offers; choosing from it sets what is asked for. */
export function Formats({ info, chosen, onChange }: Props) {
  const videos = videoChoices(info.formats);
  const sounds = audioChoices(info.formats);
  const isAudio = chosen.type === "audio";
  const picture = isAudio ? undefined : effective(videos, chosen.videoQuality);
  const isHeard = ({ format }: AudioChoice) =>
    isAudio && chosen.audioFormat === format && chosen.audioQuality === "best";
  return (
    <fieldset className="rounded-xl border border-line" data-testid="formats">
      <legend className="sr-only">{t("formats.title")}</legend>
      <ul className="divide-y divide-line">
        {videos.map((video) => (
          <Option
            key={video.quality}
            isChosen={video === picture}
            onChoose={() => {
              onChange({ ...chosen, type: "video", videoQuality: video.quality });
            }}
            name={video.quality === "best" ? t("choice.best") : video.quality}
            size={video.bytes}
          >
            {video.pixels && <span className="max-sm:hidden">{video.pixels}</span>}
            {video.fps && (
              <span className={video.fps > USUAL_FPS ? "" : "max-sm:hidden"}>
                {t("formats.fps", { count: count(Math.round(video.fps)) })}
              </span>
            )}
            <Badges names={video.codecs} />
          </Option>
        ))}
        {sounds.map((sound) => (
          <Option
            key={`${sound.codec} ${sound.language}`}
            isChosen={isHeard(sound)}
            onChoose={() => {
              const { format } = sound;
              onChange({ ...chosen, type: "audio", audioFormat: format, audioQuality: "best" });
            }}
            name={t("choice.audio")}
            size={sound.bytes}
          >
            {sound.kbps && (
              <span>{t("formats.kbps", { count: count(Math.round(sound.kbps)) })}</span>
            )}
            {sound.language && <span>{languageName(sound.language)}</span>}
            <Badges names={[sound.codec]} />
          </Option>
        ))}
      </ul>
      <p className="border-t border-line px-3 py-2 text-sm text-soft" role="status">
        {explained(chosen, picture)}
      </p>
    </fieldset>
  );
}

/** What will come of the choice, in a sentence. */
function explained(chosen: Choices, picture: VideoChoice | undefined): string {
  if (chosen.type === "audio") {
    return t("formats.willAudio", { format: chosen.audioFormat.toUpperCase() });
  }
  const format = chosen.videoFormat.toUpperCase();
  return picture && picture.quality !== "best"
    ? t("formats.willVideo", { quality: picture.quality, format })
    : t("formats.willBest", { format });
}

interface OptionProps {
  isChosen: boolean;
  onChoose: () => void;
  name: string;
  size: number | null;
  children: ReactNode;
}

function Option({ isChosen, onChoose, name, size, children }: OptionProps) {
  return (
    <li>
      <label className="flex min-h-11 cursor-pointer items-center gap-3 px-3 py-1 hover:bg-wash has-checked:bg-wash has-focus-visible:outline-3 has-focus-visible:outline-accent">
        <input
          type="radio"
          name="formats"
          className="tick"
          checked={isChosen}
          onChange={onChoose}
        />
        <span className="w-14 shrink-0 font-semibold tabular-nums">{name}</span>
        <span className="flex min-w-0 flex-1 flex-wrap items-center gap-x-3 gap-y-1 text-sm text-soft tabular-nums">
          {children}
        </span>
        <span className="shrink-0 text-sm tabular-nums">
          {size === null ? "" : t("formats.about", { size: bytes(size) })}
        </span>
      </label>
    </li>
  );
}

function Badges({ names }: { names: string[] }) {
  return (
    <span className="inline-flex gap-1">
      {names.map((name) => (
        <span key={name} className="rounded-md bg-sunk px-1.5 py-0.5 text-xs text-ink">
          {name}
        </span>
      ))}
    </span>
  );
}
