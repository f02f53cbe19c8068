-- The schedule of upkeep: one row per task, so that over all processes each task runs once per period, in one process
-- at a time. A lease ends by itself where its holder died.
CREATE TABLE jobs.schedules (
  name         text PRIMARY KEY,
  next_run_at  timestamptz NOT NULL DEFAULT now(),
  leased_until timestamptz,
  lease_id     uuid,                 -- who holds the lease: only its holder may end it
  last_run_at  timestamptz,
  last_error   text,                 -- of the last run; null: it went well
  CHECK ((leased_until IS NULL) = (lease_id IS NULL))
);
