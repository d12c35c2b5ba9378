/** What was chosen last, for the next time; kept in this browser. */

import type { AudioFormat, MediaOptions, Quality, VideoFormat } from "./api/types";

export const VIDEO_FORMATS: readonly VideoFormat[] = ["mp4", "webm", "mkv"];
export const AUDIO_FORMATS: readonly AudioFormat[] = ["mp3", "m4a", "opus"];
export const VIDEO_QUALITIES: readonly Quality[] = [
  "best",
  "2160p",
  "1440p",
  "1080p",
  "720p",
  "480p",
  "360p",
];
export const AUDIO_QUALITIES: readonly Quality[] = ["best", "320k", "192k", "128k"];

export interface Choices {
  type: "video" | "audio";
  videoFormat: VideoFormat;
  videoQuality: Quality;
  audioFormat: AudioFormat;
  audioQuality: Quality;
  metadata: boolean;
  subtitles: string;
  sponsor: boolean;
}

const STORED = "magpie.choices";
const DEFAULTS: Choices = {
  type: "video",
  videoFormat: "mp4",
  videoQuality: "best",
  audioFormat: "mp3",
  audioQuality: "best",
  metadata: true,
  subtitles: "",
  sponsor: false,
};

export function remembered(): Choices {
  try {
    return checked(JSON.parse(localStorage.getItem(STORED) ?? "{}") as Partial<Choices>);
  } catch {
    return DEFAULTS;
  }
}

export function remember(choices: Choices): void {
  localStorage.setItem(STORED, JSON.stringify(choices));
}

/** The request's part that the choices make. */
export function asOptions(choices: Choices): MediaOptions {
  const isVideo = choices.type === "video";
  const languages = choices.subtitles.split(/[\s,;]+/).filter((tag) => tag !== "");
  return {
    format: isVideo ? choices.videoFormat : choices.audioFormat,
    quality: isVideo ? choices.videoQuality : choices.audioQuality,
    ...(choices.metadata ? { embed_metadata: true } : {}),
    ...(choices.sponsor ? { sponsorblock_remove: ["sponsor"] } : {}),
    ...(isVideo && languages.length > 0 ? { subtitles: { languages } } : {}),
  };
}

/** What an older page, or a curious person, may have stored. */
function checked(stored: Partial<Choices>): Choices {
  const among = <T>(values: readonly T[], value: unknown, otherwise: T) =>
    values.find((known) => known === value) ?? otherwise;
  return {
    type: among(["video", "audio"] as const, stored.type, DEFAULTS.type),
    videoFormat: among(VIDEO_FORMATS, stored.videoFormat, DEFAULTS.videoFormat),
    videoQuality: among(VIDEO_QUALITIES, stored.videoQuality, DEFAULTS.videoQuality),
    audioFormat: among(AUDIO_FORMATS, stored.audioFormat, DEFAULTS.audioFormat),
    audioQuality: among(AUDIO_QUALITIES, stored.audioQuality, DEFAULTS.audioQuality),
    metadata: stored.metadata ?? DEFAULTS.metadata,
    subtitles: typeof stored.subtitles === "string" ? stored.subtitles : "",
    sponsor: stored.sponsor ?? DEFAULTS.sponsor,
  };
}
