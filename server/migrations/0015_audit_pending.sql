-- Audit entries as they were written with their acts, waiting for the sequencer that chains them.
CREATE SCHEMA audit;

CREATE TABLE audit.pending (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  entries    text NOT NULL,             -- JSON array of entries
  written_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
