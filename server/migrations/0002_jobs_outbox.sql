-- The outbox: events written in the transaction that made them true, relayed afterwards, deleted when delivered.
CREATE SCHEMA jobs;

CREATE TABLE jobs.outbox (
  -- Given under the locks of the accounts concerned, so that events of one account are numbered in commit order.
  id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  topic           text NOT NULL,
  payload         text NOT NULL,
  attempts        smallint NOT NULL DEFAULT 0,
  next_attempt_at timestamptz,          -- null: now
  last_error      text
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 50000, autovacuum_vacuum_insert_scale_factor = 0.5);

CREATE TABLE jobs.dead_letters (
  id         bigint PRIMARY KEY,
  topic      text NOT NULL,
  payload    text NOT NULL,
  attempts   smallint NOT NULL,
  last_error text NOT NULL,
  died_at    timestamptz NOT NULL DEFAULT now()
);
