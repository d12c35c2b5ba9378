-- How many items the answer about a playlist foretold, so that a repetition gives the same answer
-- whatever has become of the playlist.
ALTER TABLE idempotency_keys ADD COLUMN foretold INTEGER;
