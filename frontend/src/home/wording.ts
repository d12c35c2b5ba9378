/** How the state of a download reads. */

import type { Download } from "../api/types";
import { AUDIO_FORMATS } from "../choices";
import { bytes, clock, timeOfDay } from "../format";
import { said, t } from "../i18n";

export function titleOf(download: Download): string {
  const address = download.url.replace(/^https?:\/\/(www\.)?/, "");
  return download.title?.trim() || download.filename || address || t("row.untitled");
}

export function isAudio(download: Download): boolean {
  return AUDIO_FORMATS.some((format) => format === download.format);
}

/** `Merging`, `Waiting`, `Paused until 12:30:05: the site …`. */
export function stateOf(download: Download): string {
  const pause = pauseOf(download);
  if (pause) {
    return pause.reason ? t("state.pausedFor", pause) : t("state.paused", pause);
  }
  if (download.status === "downloading") {
    return t(`state.${download.phase ?? "downloading"}`);
  }
  return t(`state.${download.status}`);
}

/** Until when a download waits because its site is left alone, and why. */
export function pauseOf(download: Download): { time: string; reason: string } | null {
  if (download.status !== "pending" || !download.paused_until) {
    return null;
  }
  const code = download.paused_for;
  const reason = code ? said("media", code, PAUSE_REASONS[code] ?? "") : "";
  return { time: timeOfDay(download.paused_until), reason };
}

/** The server sends only the code of a pause. */
const PAUSE_REASONS: Record<string, string> = {
  platform_rate_limited: "the site asked us to slow down.",
  bot_check: "the site wants proof that we are no bot.",
  network_error: "the connection to the site failed.",
  timed_out: "it took too long.",
  disk_full: "the server has no room left.",
};

/** What is known of size and speed while it runs. */
export function figuresOf(download: Download): string[] {
  const figures: string[] = [];
  if (download.total_bytes) {
    const [done, total] = [bytes(download.downloaded_bytes), bytes(download.total_bytes)];
    figures.push(t("row.of", { done, total }));
  } else if (download.downloaded_bytes > 0) {
    figures.push(bytes(download.downloaded_bytes));
  }
  if (download.status === "downloading" && download.phase === "downloading") {
    if (download.speed_bps) {
      figures.push(t("row.speed", { speed: bytes(download.speed_bps) }));
    }
    if (download.eta_seconds) {
      figures.push(t("row.eta", { time: clock(download.eta_seconds) }));
    }
  }
  if (download.attempts > 1) {
    figures.push(t("row.attempt", { count: download.attempts }));
  }
  return figures;
}

/** What was asked for: `MP4 · 720p`. */
export function choiceOf(download: Download): string {
  const quality = download.quality === "best" ? t("choice.best") : download.quality;
  return `${download.format.toUpperCase()} · ${quality}`;
}

export function causeOf(download: { error_code?: string | null; error?: string | null }): string {
  return said("media", download.error_code ?? "", download.error ?? t("state.failed"));
}

export function remedyOf(download: { error_code?: string | null; remedy?: string | null }): string {
  return said("remedy", download.error_code ?? "", download.remedy ?? "");
}

/** Everything that someone who helps will ask for. */
export function detailsOf(download: Download): string {
  const { id, url, format, quality, status, attempts, error_code, error, created_at } = download;
  const told = { id, url, format, quality, status, attempts, error_code, error, created_at };
  return Object.entries(told)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => `${name}: ${value}`)
    .join("\n");
}
