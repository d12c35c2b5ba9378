-- The links of a batch as they were pasted; the download knows the canonical one.
CREATE TABLE batch_items (
  batch_id TEXT NOT NULL REFERENCES batches (id) ON DELETE CASCADE,
  position INTEGER NOT NULL CHECK (position >= 1),
  download_id TEXT NOT NULL UNIQUE REFERENCES downloads (id) ON DELETE CASCADE,
  requested_url TEXT NOT NULL,
  PRIMARY KEY (batch_id, position)
);
