-- A download is its own job: no second queue could disagree with it.
CREATE TABLE downloads (
  id TEXT PRIMARY KEY NOT NULL,
  user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  kind TEXT NOT NULL CHECK (kind IN ('single', 'batch', 'playlist')),
  platform TEXT NOT NULL,
  batch_id TEXT REFERENCES batches (id) ON DELETE CASCADE,
  playlist_id TEXT REFERENCES playlists (id) ON DELETE CASCADE,
  position INTEGER CHECK (position >= 1),
  url TEXT NOT NULL,
  video_id TEXT NOT NULL,
  title TEXT,
  uploader TEXT,
  -- Seconds.
  duration DOUBLE PRECISION,
  thumbnail TEXT,
  format TEXT NOT NULL,
  quality TEXT NOT NULL,
  -- JSON: subtitles, embed_metadata, sponsorblock_remove.
  options TEXT NOT NULL,
  status TEXT NOT NULL
    CHECK (status IN ('pending', 'downloading', 'completed', 'failed', 'cancelled')),
  phase TEXT CHECK (phase IN ('extracting', 'downloading', 'processing', 'storing')),
  progress DOUBLE PRECISION NOT NULL DEFAULT 0 CHECK (progress >= 0 AND progress <= 100),
  downloaded_bytes BIGINT NOT NULL DEFAULT 0 CHECK (downloaded_bytes >= 0),
  total_bytes BIGINT CHECK (total_bytes >= 0),
  speed_bps DOUBLE PRECISION,
  eta_seconds BIGINT,
  file_key TEXT,
  filename TEXT,
  file_size BIGINT CHECK (file_size >= 0),
  file_crc32 BIGINT,
  file_sha256 TEXT,
  error_code TEXT,
  error TEXT,
  remedy TEXT,
  -- Its place in the queue: see the claim in db-service. Equal turns of two users alternate.
  turn BIGINT NOT NULL,
  -- Tries since someone asked for it.
  attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
  -- The fencing token: raised by every claim and never lowered, so that a holder of long ago is
  -- never taken for the one of today.
  fence INTEGER NOT NULL DEFAULT 0 CHECK (fence >= 0),
  lease_owner TEXT,
  lease_until BIGINT,
  created_at BIGINT NOT NULL,
  started_at BIGINT,
  completed_at BIGINT,
  expires_at BIGINT,

  CHECK ((kind = 'batch') = (batch_id IS NOT NULL)),
  CHECK ((kind = 'playlist') = (playlist_id IS NOT NULL)),
  CHECK ((kind = 'single') = (position IS NULL)),
  CHECK ((status = 'downloading') = (lease_owner IS NOT NULL)),
  CHECK ((status = 'downloading') = (lease_until IS NOT NULL)),
  CHECK (phase IS NULL OR status = 'downloading'),
  CHECK ((status = 'completed') = (progress = 100)),
  CHECK ((status = 'completed') = (file_key IS NOT NULL)),
  CHECK ((file_key IS NULL) = (filename IS NULL) AND (file_key IS NULL) = (file_size IS NULL)
    AND (file_key IS NULL) = (file_crc32 IS NULL) AND (file_key IS NULL) = (file_sha256 IS NULL)),
  CHECK ((status = 'failed') = (error_code IS NOT NULL)),
  CHECK ((error_code IS NULL) = (error IS NULL) AND (error_code IS NULL) = (remedy IS NULL)),
  CHECK ((completed_at IS NOT NULL) = (status IN ('completed', 'failed', 'cancelled'))),
  CHECK (expires_at IS NULL OR status = 'completed')
) WITH (
  -- Room on the page for the next version of a row, so that progress is a HOT update, and vacuum
  -- soon enough that dead heads of the claim index do not pile up.
  fillfactor = 80,
  autovacuum_vacuum_scale_factor = 0.01,
  autovacuum_analyze_scale_factor = 0.02
);

CREATE INDEX downloads_of_user ON downloads (user_id, id);
CREATE INDEX downloads_of_batch ON downloads (batch_id, position) WHERE batch_id IS NOT NULL;
CREATE INDEX downloads_of_playlist ON downloads (playlist_id, position)
  WHERE playlist_id IS NOT NULL;

-- Keeps a claim as fast among a million rows as among a thousand.
CREATE INDEX downloads_to_claim ON downloads (platform, turn, id) WHERE status = 'pending';
-- Finds the end of a user's own queue.
CREATE INDEX downloads_queue_of_user ON downloads (platform, user_id, kind, turn)
  WHERE status = 'pending';
-- For the rescue of lapsed leases. `lease_until` is left out on purpose: every heartbeat changes
-- it, and an update that touches no index is HOT.
CREATE INDEX downloads_running ON downloads (platform, id) WHERE status = 'downloading';
