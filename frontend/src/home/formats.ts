/**
 * What a site offers, as choices that can be asked for: the API takes a quality and a container, and
 * picks the streams itself.
 */

import type { AudioFormat, MediaInfo, Quality } from "../api/types";
import { VIDEO_QUALITIES } from "../choices";

type Formats = MediaInfo["formats"];
type Stream = Formats["video"][number];

export interface VideoChoice {
  quality: Quality;
  /** `1920 × 1080`; null where the site does not say. */
  pixels: string | null;
  fps: number | null;
  codecs: string[];
  /** Picture and sound together, about; null where the site does not say. */
  bytes: number | null;
}

export interface AudioChoice {
  /** The container that keeps it as it is. */
  format: AudioFormat;
  codec: string;
  kbps: number | null;
  language: string | null;
  bytes: number | null;
}

const CODECS: readonly (readonly [RegExp, string])[] = [
  [/^avc|^h264/, "H.264"],
  [/^hev|^hvc|^h265/, "H.265"],
  [/^av01/, "AV1"],
  [/^vp0?9/, "VP9"],
  [/^vp0?8/, "VP8"],
  [/^mp4a|^aac/, "AAC"],
  [/^opus/, "Opus"],
  [/^vorbis/, "Vorbis"],
];

/** The name that people know a codec by. */
export function codecName(codec: string): string {
  return CODECS.find(([pattern]) => pattern.test(codec))?.[1] ?? codec;
}

/** One for each quality that makes a difference, best first. */
export function videoChoices(formats: Formats): VideoChoice[] {
  const sound = Math.max(0, ...formats.audio.map((stream) => stream.filesize ?? 0));
  const byQuality = new Map<Quality, Stream[]>();
  for (const stream of formats.video) {
    const quality = qualityOf(stream);
    if (quality) {
      byQuality.set(quality, [...(byQuality.get(quality) ?? []), stream]);
    }
  }
  return VIDEO_QUALITIES.flatMap((quality) => {
    const streams = byQuality.get(quality);
    return streams ? [videoChoice(quality, streams, sound)] : [];
  });
}

function videoChoice(quality: Quality, all: Stream[], sound: number): VideoChoice {
  const top = Math.max(...all.map(shortSide));
  const streams = all.filter((stream) => shortSide(stream) === top);
  const sizes = streams.flatMap(({ filesize, acodec }) =>
    filesize ? [filesize + (acodec ? 0 : sound)] : [],
  );
  const rates = streams.flatMap(({ fps }) => fps ?? []);
  const sized = streams.find(({ width, height }) => width && height);
  return {
    quality,
    pixels: sized ? `${sized.width} × ${sized.height}` : null,
    fps: rates.length > 0 ? Math.max(...rates) : null,
    codecs: [...new Set(streams.flatMap(({ vcodec }) => (vcodec ? codecName(vcodec) : [])))],
    bytes: sizes.length > 0 ? Math.max(...sizes) : null,
  };
}

/** The lowest quality that this stream satisfies: 800 lines of a wide film are asked for as 1080p. */
function qualityOf(stream: Stream): Quality | null {
  const lines = shortSide(stream);
  const fitting = VIDEO_QUALITIES.filter((one) => Number.parseInt(one, 10) >= lines);
  return lines > 0 ? (fitting.at(-1) ?? "best") : null;
}

/** A Short stands upright. */
function shortSide({ width, height }: Stream): number {
  return Math.min(height ?? 0, width ?? Infinity);
}

/** The one that asking for `wanted` comes to: the best that is no higher, else the lowest there is. */
export function effective(choices: VideoChoice[], wanted: Quality): VideoChoice | undefined {
  const rank = (quality: Quality) => VIDEO_QUALITIES.indexOf(quality);
  return choices.find(({ quality }) => rank(quality) >= rank(wanted)) ?? choices.at(-1);
}

/** One for each codec and language, best first: the API takes the best of each. */
export function audioChoices(formats: Formats): AudioChoice[] {
  const best = new Map<string, AudioChoice>();
  for (const { acodec, abr, tbr, language, filesize } of formats.audio) {
    const codec = codecName(acodec ?? "");
    // Sites say nought where they mean that they do not know.
    const kbps = [abr, tbr].find((rate) => rate) ?? null;
    const choice = {
      format: codec === "Opus" ? ("opus" as const) : ("m4a" as const),
      codec,
      kbps,
      language: language ?? null,
      bytes: filesize ?? null,
    };
    const key = `${codec} ${language}`;
    if (codec && (best.get(key)?.kbps ?? -1) < (kbps ?? 0)) {
      best.set(key, choice);
    }
  }
  return [...best.values()].sort((a, b) => (b.kbps ?? 0) - (a.kbps ?? 0));
}
