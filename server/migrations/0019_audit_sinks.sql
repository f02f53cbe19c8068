-- How far the trail was sent to each foreign system, and what that system would not take.
CREATE TABLE audit.sinks (
  name       text        PRIMARY KEY,
  next_seq   bigint      NOT NULL DEFAULT 0, -- the first entry that was not sent yet
  failures   integer     NOT NULL DEFAULT 0, -- since the last success
  retry_at   timestamptz,                    -- null: now
  last_error text
);

CREATE TABLE audit.sink_dead_letters (
  sink    text        NOT NULL,
  seq     bigint      NOT NULL,
  error   text        NOT NULL,
  died_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (sink, seq)
);
