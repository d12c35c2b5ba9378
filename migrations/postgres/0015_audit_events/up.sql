-- Who did what, and what was refused. Rows are added, and after their time deleted, never changed;
-- they outlive what they tell of, so nothing is referred to by key.
CREATE TABLE audit_events (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at BIGINT NOT NULL,
  user_id BIGINT,
  actor_id BIGINT,
  action TEXT NOT NULL,
  target TEXT,
  address TEXT,
  user_agent TEXT,
  request_id TEXT NOT NULL,
  outcome TEXT NOT NULL
);
CREATE INDEX audit_events_at ON audit_events (at);
CREATE INDEX audit_events_of_user ON audit_events (user_id, id);
CREATE INDEX audit_events_of_action ON audit_events (action, id);
