import { useId } from "react";

import type { Quality } from "../api/types";
import {
  AUDIO_FORMATS,
  AUDIO_QUALITIES,
  type Choices as Chosen,
  VIDEO_FORMATS,
  VIDEO_QUALITIES,
} from "../choices";
import { t } from "../i18n";
import { Icon } from "../ui/Icon";

interface Props {
  chosen: Chosen;
  /** What the site offers, where it was asked. */
  offered: readonly Quality[] | undefined;
  onChange: (chosen: Chosen) => void;
}

/** Type, quality and format; what follows from the first is shown beside it. */
export function Choices({ chosen, offered, onChange }: Props) {
  const isVideo = chosen.type === "video";
  const set = (change: Partial<Chosen>) => {
    onChange({ ...chosen, ...change });
  };
  const qualities = isVideo
    ? VIDEO_QUALITIES.filter(
        (quality) => !offered || offered.includes(quality) || quality === chosen.videoQuality,
      )
    : AUDIO_QUALITIES;
  return (
    <>
      <fieldset className="flex rounded-xl bg-sunk p-1 max-sm:w-full">
        <legend className="sr-only">{t("choice.type")}</legend>
        {(["video", "audio"] as const).map((type) => (
          <label
            key={type}
            className="reach flex min-h-9 cursor-pointer justify-center whitespace-nowrap max-sm:flex-1 items-center gap-1.5 rounded-lg px-3 has-checked:bg-sheet has-checked:font-semibold has-checked:shadow-(--shadow) has-focus-visible:outline-3 has-focus-visible:outline-accent"
          >
            <input
              type="radio"
              name="type"
              className="sr-only"
              checked={chosen.type === type}
              onChange={() => {
                set({ type });
              }}
            />
            <Icon name={type === "video" ? "film" : "note"} />
            {t(`choice.${type}`)}
          </label>
        ))}
      </fieldset>
      <Select
        label={t("choice.quality")}
        value={isVideo ? chosen.videoQuality : chosen.audioQuality}
        options={qualities}
        nameOf={(quality) => (quality === "best" ? t("choice.best") : quality)}
        onChange={(quality) => {
          set(isVideo ? { videoQuality: quality } : { audioQuality: quality });
        }}
      />
      {isVideo ? (
        <Select
          label={t("choice.format")}
          value={chosen.videoFormat}
          options={VIDEO_FORMATS}
          nameOf={(format) => format.toUpperCase()}
          onChange={(videoFormat) => {
            set({ videoFormat });
          }}
        />
      ) : (
        <Select
          label={t("choice.format")}
          value={chosen.audioFormat}
          options={AUDIO_FORMATS}
          nameOf={(format) => format.toUpperCase()}
          onChange={(audioFormat) => {
            set({ audioFormat });
          }}
        />
      )}
    </>
  );
}

interface SelectProps<T extends string> {
  label: string;
  value: T;
  options: readonly T[];
  nameOf: (option: T) => string;
  onChange: (option: T) => void;
}

function Select<T extends string>({ label, value, options, nameOf, onChange }: SelectProps<T>) {
  return (
    <select
      className="field w-auto! ps-3 pe-2 max-sm:flex-1"
      aria-label={label}
      value={value}
      onChange={(event) => {
        const chosen = options.find((option) => option === event.target.value);
        if (chosen) {
          onChange(chosen);
        }
      }}
    >
      {options.map((option) => (
        <option key={option} value={option}>
          {nameOf(option)}
        </option>
      ))}
    </select>
  );
}

/** What few people change. */
export function MoreChoices({ chosen, onChange }: Omit<Props, "offered">) {
  const id = useId();
  const tick = (name: "metadata" | "sponsor") => (
    <label className="flex min-h-11 cursor-pointer items-center gap-3">
      <input
        type="checkbox"
        className="tick"
        checked={chosen[name]}
        onChange={(event) => {
          onChange({ ...chosen, [name]: event.target.checked });
        }}
      />
      {t(`choice.${name}`)}
    </label>
  );
  return (
    <div className="grid gap-x-6 border-t border-line pt-3 sm:grid-cols-2">
      {tick("metadata")}
      {tick("sponsor")}
      {chosen.type === "video" && (
        <div className="flex min-h-11 flex-wrap items-center gap-3">
          <label htmlFor={id}>{t("choice.subtitles")}</label>
          <input
            id={id}
            className="field w-32!"
            placeholder={t("choice.subtitles.placeholder")}
            value={chosen.subtitles}
            autoCapitalize="none"
            onChange={(event) => {
              onChange({ ...chosen, subtitles: event.target.value });
            }}
          />
        </div>
      )}
    </div>
  );
}
