/** Every call that the page makes, by what it is for. */

import { api, body } from "./http";
import type { components, paths } from "./schema";
import type { AuditAction, MediaOptions } from "./types";

type Schemas = components["schemas"];
type Listed = NonNullable<paths["/api/youtube/downloads"]["get"]["parameters"]["query"]>;
/** What is undefined is not asked for. */
export type ListQuery = { [Name in keyof Listed]?: Listed[Name] | undefined };
export type UserChange = Schemas["UserPatch"];

const path = <T>(parameters: T) => ({ params: { path: parameters } });
const idempotent = (key: string) => ({ params: { header: { "Idempotency-Key": key } } });
const abortable = (signal: AbortSignal | undefined) => ({ signal: signal ?? null });

export const account = {
  register: (registration: Schemas["RegisterRequest"]) =>
    body(api.POST("/api/auth/register", { body: registration })),
  login: (login: string, password: string) =>
    body(api.POST("/api/auth/login", { body: { login, password } })),
  logout: () => body(api.POST("/api/auth/logout")),
  profile: (signal?: AbortSignal) => body(api.GET("/api/auth/profile", abortable(signal))),
  changePassword: (current_password: string, new_password: string) =>
    body(api.POST("/api/auth/password", { body: { current_password, new_password } })),
  sessions: () => body(api.GET("/api/auth/sessions")),
  endSession: (session: string) =>
    body(api.DELETE("/api/auth/sessions/{session}", path({ session }))),
  apiKeys: () => body(api.GET("/api/auth/api-keys")),
  createApiKey: (key: Schemas["ApiKeyRequest"]) =>
    body(api.POST("/api/auth/api-keys", { body: key })),
  deleteApiKey: (key: string) => body(api.DELETE("/api/auth/api-keys/{key}", path({ key }))),
};

export const admin = {
  users: (cursor: string | undefined) =>
    body(api.GET("/api/auth/users", { params: { query: cursor === undefined ? {} : { cursor } } })),
  audit: (action: AuditAction | undefined, cursor: string | undefined) => {
    const query = { ...(action ? { action } : {}), ...(cursor ? { cursor } : {}) };
    return body(api.GET("/api/auth/audit", { params: { query } }));
  },
  changeUser: (user: number, change: UserChange) =>
    body(api.PATCH("/api/auth/users/{user}", { ...path({ user }), body: change })),
};

export const health = {
  platform: () => body(api.GET("/health")),
  registration: () => body(api.GET("/api/auth/health")),
  engine: () => body(api.GET("/api/youtube/health")),
};

export const cookies = {
  state: () => body(api.GET("/api/youtube/cookies")),
  /** `text` is a file in Netscape's format. */
  give: (text: string) => body(api.PUT("/api/youtube/cookies", { body: { cookies: text } })),
  forget: () => body(api.DELETE("/api/youtube/cookies")),
};

export const media = {
  info: (url: string, signal: AbortSignal) =>
    body(api.POST("/api/youtube/single/info", { body: { url }, signal })),
  playlistInfo: (url: string, offset: number, limit: number, signal: AbortSignal) =>
    body(api.POST("/api/youtube/playlist/info", { body: { url, offset, limit }, signal })),
};

export const downloads = {
  list: (wanted: ListQuery, signal?: AbortSignal) => {
    const query = wanted as Listed;
    return body(api.GET("/api/youtube/downloads", { params: { query }, ...abortable(signal) }));
  },
  get: (id: string) => body(api.GET("/api/youtube/single/status/{id}", path({ id }))),
  create: (url: string, options: MediaOptions, key: string) =>
    body(
      api.POST("/api/youtube/single/download", { ...idempotent(key), body: { url, ...options } }),
    ),
  cancel: (id: string) => body(api.POST("/api/youtube/single/cancel/{id}", path({ id }))),
  retry: (id: string) => body(api.POST("/api/youtube/single/retry/{id}", path({ id }))),
  /** With `keepalive` it outlives the page. */
  remove: (id: string, keepalive: boolean) =>
    body(api.DELETE("/api/youtube/single/{id}", { ...path({ id }), keepalive })),
};

export const batches = {
  get: (id: string, signal?: AbortSignal) =>
    body(api.GET("/api/youtube/multi/batch/{id}", { ...path({ id }), ...abortable(signal) })),
  create: (urls: string[], options: MediaOptions, key: string) =>
    body(api.POST("/api/youtube/multi/batch", { ...idempotent(key), body: { urls, ...options } })),
  cancel: (id: string) => body(api.POST("/api/youtube/multi/batch/{id}/cancel", path({ id }))),
  retry: (id: string) => body(api.POST("/api/youtube/multi/batch/{id}/retry", path({ id }))),
  remove: (id: string, keepalive: boolean) =>
    body(api.DELETE("/api/youtube/multi/batch/{id}", { ...path({ id }), keepalive })),
};

export const playlists = {
  get: (id: string, signal?: AbortSignal) =>
    body(api.GET("/api/youtube/playlist/status/{id}", { ...path({ id }), ...abortable(signal) })),
  /** `items` such as `1-3,7`; all without. */
  create: (url: string, items: string | undefined, options: MediaOptions, key: string) => {
    const wanted = items === undefined ? { url, ...options } : { url, items, ...options };
    return body(api.POST("/api/youtube/playlist/download", { ...idempotent(key), body: wanted }));
  },
  cancel: (id: string) => body(api.POST("/api/youtube/playlist/cancel/{id}", path({ id }))),
  retry: (id: string) => body(api.POST("/api/youtube/playlist/retry/{id}", path({ id }))),
  remove: (id: string, keepalive: boolean) =>
    body(api.DELETE("/api/youtube/playlist/{id}", { ...path({ id }), keepalive })),
};
