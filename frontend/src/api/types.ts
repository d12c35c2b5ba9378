/** The objects of the HTTP API, from its OpenAPI document. */

import type { components } from "./schema";

type Schemas = components["schemas"];

export type Status = Schemas["Status"];
export type Quality = Schemas["Quality"];
export type Format = Schemas["Format"];
export type VideoFormat = Extract<Format, "mp4" | "webm" | "mkv">;
export type AudioFormat = Exclude<Format, VideoFormat>;

export type Download = Schemas["Download"];
export type DownloadList = Schemas["DownloadList"];
export type Totals = Schemas["StatusTotals"];
export type Batch = Schemas["Batch"];
export type Playlist = Schemas["Playlist"];
export type MediaInfo = Schemas["MediaInfo"];
export type PlaylistInfo = Schemas["PlaylistInfo"];
export type PlaylistEntry = Schemas["PlaylistEntry"];
export type MediaOptions = Omit<Schemas["DownloadRequest"], "url">;

export type Profile = Schemas["Profile"];
export type Session = Schemas["Session"];
export type ApiKey = Schemas["ApiKey"];
export type CookieState = Schemas["CookieState"];
export type AuditEvent = Schemas["AuditEvent"];
export type AuditAction = Schemas["AuditAction"];
export type FieldError = Schemas["FieldError"];

/** What is left of a problem when even that could not be read. */
export type Problem = Pick<Schemas["Problem"], "status" | "detail"> &
  Partial<Pick<Schemas["Problem"], "remedy" | "request_id" | "errors">> & { code: string };

/** All that is written down; a new one does not compile until it has a name here and in words. */
const ACTIONS: Record<AuditAction, true> = {
  account_created: true,
  login: true,
  logout: true,
  session_ended: true,
  password_changed: true,
  api_key_created: true,
  api_key_deleted: true,
  admin_granted: true,
  admin_revoked: true,
  account_disabled: true,
  account_enabled: true,
  account_deleted: true,
  quota_changed: true,
  download_deleted: true,
  batch_deleted: true,
  playlist_deleted: true,
  cookies_added: true,
  cookies_deleted: true,
  database_initialised: true,
};
export const AUDIT_ACTIONS = Object.keys(ACTIONS) as AuditAction[];
