-- A pending download that is not to be tried before: what made the last attempt fail may pass.
ALTER TABLE downloads ADD COLUMN held_until BIGINT;
ALTER TABLE downloads ADD COLUMN held_for TEXT;
-- The fencing token under which a worker told an end last, so that saying it twice changes nothing.
ALTER TABLE downloads ADD COLUMN told_fence INTEGER;

-- What is held stands in no claim's way, so a claim stays the head of an index; a background tick
-- lets it go. At equal turns a single download stands before what was asked for in bulk.
DROP INDEX downloads_to_claim;
CREATE INDEX downloads_to_claim ON downloads (platform, turn, kind DESC, id)
  WHERE status = 'pending' AND held_until IS NULL;
CREATE INDEX downloads_held ON downloads (held_until) WHERE held_until IS NOT NULL;

-- A site that has had enough of us is left alone for a while, the longer the more often it says so.
CREATE TABLE site_pauses (
  platform TEXT PRIMARY KEY NOT NULL,
  strikes INTEGER NOT NULL CHECK (strikes >= 1),
  paused_until BIGINT NOT NULL,
  reason TEXT NOT NULL
);
