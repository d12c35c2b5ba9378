DROP TABLE site_pauses;
DROP INDEX downloads_held;
DROP INDEX downloads_to_claim;
CREATE INDEX downloads_to_claim ON downloads (platform, turn, id) WHERE status = 'pending';
ALTER TABLE downloads DROP COLUMN told_fence;
ALTER TABLE downloads DROP COLUMN held_for;
ALTER TABLE downloads DROP COLUMN held_until;
