DROP INDEX downloads_expiring;
ALTER TABLE downloads DROP COLUMN file_removed_at;
