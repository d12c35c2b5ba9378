-- The file is gone, by retention or by accident; the row stays a while as history.
ALTER TABLE downloads ADD COLUMN file_removed_at INTEGER;

CREATE INDEX downloads_expiring ON downloads (platform, expires_at)
  WHERE expires_at IS NOT NULL AND file_removed_at IS NULL;
