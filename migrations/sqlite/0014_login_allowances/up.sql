-- How often a password was wrong in a row, by account and by where it was tried from: an address from
-- which the account was logged in to before has an allowance of its own, all others share one. The
-- account is a user's id or, for names that nobody has, a digest.
CREATE TABLE login_allowances (
  account TEXT NOT NULL,
  source TEXT NOT NULL,
  failures INTEGER NOT NULL,
  blocked_until INTEGER NOT NULL,
  known_until INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (account, source)
) STRICT;
CREATE INDEX login_allowances_updated ON login_allowances (updated_at);
