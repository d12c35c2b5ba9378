-- Several links asked for at once. The counters change in the transaction that ends an item.
CREATE TABLE batches (
  id TEXT PRIMARY KEY NOT NULL,
  user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  platform TEXT NOT NULL,
  format TEXT NOT NULL,
  quality TEXT NOT NULL,
  -- JSON: subtitles, embed_metadata, sponsorblock_remove.
  options TEXT NOT NULL,
  status TEXT NOT NULL
    CHECK (status IN ('pending', 'downloading', 'completed', 'failed', 'cancelled')),
  total INTEGER NOT NULL CHECK (total > 0),
  duplicates INTEGER NOT NULL DEFAULT 0 CHECK (duplicates >= 0),
  completed INTEGER NOT NULL DEFAULT 0 CHECK (completed >= 0),
  failed INTEGER NOT NULL DEFAULT 0 CHECK (failed >= 0),
  cancelled INTEGER NOT NULL DEFAULT 0 CHECK (cancelled >= 0),
  created_at BIGINT NOT NULL,
  completed_at BIGINT,
  CHECK (completed + failed + cancelled <= total),
  CHECK ((completed_at IS NOT NULL) = (status IN ('completed', 'failed', 'cancelled')))
);

CREATE INDEX batches_of_user ON batches (user_id, id);
