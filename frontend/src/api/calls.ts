/** Every call that the page makes, by what it is for. */

import { call } from "./http";
import type {
  ApiKey,
  Batch,
  Download,
  DownloadList,
  EngineHealth,
  Kind,
  MediaInfo,
  MediaOptions,
  Page,
  PlatformHealth,
  Playlist,
  PlaylistInfo,
  Profile,
  Session,
  Status,
} from "./types";

const AUTH = "/api/auth";
const MEDIA = "/api/youtube";

export interface Registration {
  username: string;
  email: string;
  password: string;
}

export interface ListQuery {
  status?: Status | undefined;
  type?: Kind | undefined;
  q?: string | undefined;
  limit?: number | undefined;
  cursor?: string | undefined;
}

export interface UserChange {
  role?: "user" | "admin";
  is_active?: boolean;
  quota?: Partial<Profile["quota"]>;
}

export const account = {
  register: (body: Registration) => call("POST", `${AUTH}/register`, { body }),
  login: (login: string, password: string) =>
    call("POST", `${AUTH}/login`, { body: { login, password } }),
  logout: () => call("POST", `${AUTH}/logout`),
  profile: (signal?: AbortSignal) => call<Profile>("GET", `${AUTH}/profile`, { signal }),
  changePassword: (current_password: string, new_password: string) =>
    call("POST", `${AUTH}/password`, { body: { current_password, new_password } }),
  sessions: () => call<Page<Session>>("GET", `${AUTH}/sessions`),
  endSession: (id: string) => call("DELETE", `${AUTH}/sessions/${id}`),
  apiKeys: () => call<Page<ApiKey>>("GET", `${AUTH}/api-keys`),
  createApiKey: (name: string, expires_in_days?: number) =>
    call<ApiKey>("POST", `${AUTH}/api-keys`, {
      body: expires_in_days === undefined ? { name } : { name, expires_in_days },
    }),
  deleteApiKey: (id: string) => call("DELETE", `${AUTH}/api-keys/${id}`),
};

export const admin = {
  users: (cursor?: string) => call<Page<Profile>>("GET", `${AUTH}/users`, { query: { cursor } }),
  changeUser: (id: number, body: UserChange) =>
    call<Profile>("PATCH", `${AUTH}/users/${id}`, { body }),
};

export const health = {
  platform: () => call<PlatformHealth>("GET", "/health"),
  engine: () => call<EngineHealth>("GET", `${MEDIA}/health`),
};

export const media = {
  info: (url: string, signal?: AbortSignal) =>
    call<MediaInfo>("POST", `${MEDIA}/single/info`, { body: { url }, signal }),
  playlistInfo: (url: string, offset: number, limit: number, signal?: AbortSignal) =>
    call<PlaylistInfo>("POST", `${MEDIA}/playlist/info`, { body: { url, offset, limit }, signal }),
};

const single = `${MEDIA}/single`;
const batch = `${MEDIA}/multi/batch`;
const playlist = `${MEDIA}/playlist`;

export const downloads = {
  list: (query: ListQuery, signal?: AbortSignal) =>
    call<DownloadList>("GET", `${MEDIA}/downloads`, { query: { ...query }, signal }),
  get: (id: string) => call<Download>("GET", `${single}/status/${id}`),
  create: (url: string, options: MediaOptions, idempotencyKey: string) =>
    call<{ download_id: string }>("POST", `${single}/download`, {
      body: { url, ...options },
      idempotencyKey,
    }),
  cancel: (id: string) => call("POST", `${single}/cancel/${id}`),
  retry: (id: string) => call("POST", `${single}/retry/${id}`),
  remove: (id: string, keepalive = false) => call("DELETE", `${single}/${id}`, { keepalive }),
};

export const batches = {
  get: (id: string, signal?: AbortSignal) => call<Batch>("GET", `${batch}/${id}`, { signal }),
  create: (urls: string[], options: MediaOptions, idempotencyKey: string) =>
    call<{ batch_id: string; total_videos: number; duplicates: number }>("POST", batch, {
      body: { urls, ...options },
      idempotencyKey,
    }),
  cancel: (id: string) => call("POST", `${batch}/${id}/cancel`),
  retry: (id: string) => call("POST", `${batch}/${id}/retry`),
  remove: (id: string, keepalive = false) => call("DELETE", `${batch}/${id}`, { keepalive }),
};

export const playlists = {
  get: (id: string, signal?: AbortSignal) =>
    call<Playlist>("GET", `${playlist}/status/${id}`, { signal }),
  create: (url: string, items: string | undefined, options: MediaOptions, idempotencyKey: string) =>
    call<{ playlist_id: string; total_videos: number | null }>("POST", `${playlist}/download`, {
      body: items === undefined ? { url, ...options } : { url, items, ...options },
      idempotencyKey,
    }),
  cancel: (id: string) => call("POST", `${playlist}/cancel/${id}`),
  retry: (id: string) => call("POST", `${playlist}/retry/${id}`),
  remove: (id: string, keepalive = false) => call("DELETE", `${playlist}/${id}`, { keepalive }),
};
