-- Work that is done after the commit that called for it: the outbox of events, and the schedule of upkeep.
CREATE SCHEMA jobs;

-- Events written in the transaction that made them true, relayed afterwards, deleted when delivered.
CREATE TABLE jobs.outbox (
  -- Given under the locks of the accounts concerned, so that events of one account are numbered in commit
  -- order.
  id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  topic           text NOT NULL,
  payload         text NOT NULL,
  attempts        smallint NOT NULL DEFAULT 0,
  next_attempt_at timestamptz,          -- null: now
  last_error      text
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 50000,
  autovacuum_vacuum_insert_scale_factor = 0.5);

-- Events that could not be delivered however often it was tried.
CREATE TABLE jobs.dead_letters (
  id         bigint PRIMARY KEY,
  topic      text NOT NULL,
  payload    text NOT NULL,
  attempts   smallint NOT NULL,
  last_error text NOT NULL,
  died_at    timestamptz NOT NULL DEFAULT now()
);

-- The schedule of upkeep: one row per task, so that over all processes each task runs once per period, in one
-- process at a time. A lease ends by itself where its holder died.
CREATE TABLE jobs.schedules (
  name         text PRIMARY KEY,
  next_run_at  timestamptz NOT NULL DEFAULT now(),
  leased_until timestamptz,
  lease_id     uuid,                 -- who holds the lease: only its holder may end it
  last_run_at  timestamptz,
  last_error   text,                 -- of the last run; null: it went well
  CHECK ((leased_until IS NULL) = (lease_id IS NULL))
);
