/** The objects of the HTTP API, as its OpenAPI document names them. */

export type Status = "pending" | "downloading" | "completed" | "failed" | "cancelled";
export type Phase = "extracting" | "downloading" | "processing" | "storing";
export type Kind = "single" | "batch" | "playlist";
export type VideoFormat = "mp4" | "webm" | "mkv";
export type AudioFormat = "mp3" | "m4a" | "opus";
export type Format = VideoFormat | AudioFormat;
export type Quality =
  "best" | "2160p" | "1440p" | "1080p" | "720p" | "480p" | "360p" | "320k" | "192k" | "128k";

export interface Download {
  id: string;
  download_id: string;
  type: Kind;
  platform: string;
  batch_id?: string;
  playlist_id?: string;
  position?: number;
  url: string;
  video_id: string | null;
  title: string | null;
  uploader: string | null;
  duration: number | null;
  thumbnail: string | null;
  format: Format;
  quality: Quality;
  status: Status;
  phase?: Phase | null;
  progress: number;
  downloaded_bytes: number;
  total_bytes: number | null;
  speed_bps?: number | null;
  eta_seconds?: number | null;
  filename: string | null;
  file_path: string | null;
  file_size: number | null;
  file_url: string | null;
  attempts: number;
  paused_until?: string | null;
  paused_for?: string | null;
  error_code?: string | null;
  error?: string | null;
  remedy?: string | null;
  created_at: string;
  started_at: string | null;
  completed_at: string | null;
  expires_at: string | null;
}

export type Totals = Record<Status, number>;

export interface DownloadList {
  items: Download[];
  next_cursor: string | null;
  totals: Totals;
}

interface CollectionBase {
  status: Status;
  total: number | null;
  completed: number;
  failed: number;
  cancelled: number;
  progress: number;
  videos: Download[];
  zip_url: string;
  created_at: string;
  completed_at: string | null;
}

export interface Batch extends CollectionBase {
  batch_id: string;
  duplicates: number;
}

export interface Playlist extends CollectionBase {
  playlist_id: string;
  title: string | null;
  uploader: string | null;
  url: string;
  is_truncated: boolean;
  error_code?: string | null;
  error?: string | null;
  remedy?: string | null;
}

export interface MediaInfo {
  id: string;
  url: string;
  title: string;
  duration: number | null;
  thumbnail: string | null;
  uploader: string | null;
  is_live: boolean;
  qualities: Quality[];
  playlist?: { id: string; url: string };
}

export interface PlaylistEntry {
  index: number;
  id: string;
  title: string | null;
  duration: number | null;
  url: string;
  available: boolean;
}

export interface PlaylistInfo {
  id: string;
  title: string | null;
  uploader: string | null;
  video_count: number | null;
  videos: PlaylistEntry[];
  next_offset?: number;
}

export interface MediaOptions {
  format: Format;
  quality: Quality;
  embed_metadata?: boolean;
  subtitles?: { languages: string[]; embed?: boolean };
  sponsorblock_remove?: string[];
}

export interface User {
  id: number;
  username: string;
  email: string;
  role: "user" | "admin";
}

export interface Profile extends User {
  is_active: boolean;
  created_at: string;
  last_login_at: string | null;
  usage: { stored_bytes: number; downloads_today: number; active_downloads: number };
  quota: {
    max_stored_bytes: number | null;
    max_downloads_per_day: number | null;
    max_active_downloads: number | null;
  };
}

export interface Session {
  id: string;
  created_at: string;
  expires_at: string;
  user_agent: string | null;
  address: string | null;
  current: boolean;
}

export interface ApiKey {
  id: string;
  name: string;
  prefix: string;
  created_at: string;
  expires_at: string | null;
  last_used_at: string | null;
  key?: string;
}

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

export interface PlatformHealth {
  status: string;
  version: string;
  services: Record<string, string>;
}

export interface EngineHealth {
  engine: { yt_dlp: string | null; ffmpeg: string | null; js_runtime: string | null };
  workers: { max: number; busy: number };
  queue: { pending: number };
}

export interface FieldError {
  pointer: string;
  detail: string;
}

export interface Problem {
  status: number;
  code: string;
  detail: string;
  request_id?: string;
  remedy?: string;
  errors?: FieldError[];
}
