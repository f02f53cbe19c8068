-- What the checks of the whole found: whether ledger, stock, payments and orders agree. One row a run; the
-- newest answers GET /integrity and feeds the metric, in every process.
CREATE SCHEMA reports;
CREATE TABLE reports.integrity_checks (
  id             bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  checked_at     timestamptz NOT NULL DEFAULT now(),
  duration_ms    integer     NOT NULL CHECK (duration_ms >= 0),
  transfer_count bigint      NOT NULL,      -- that the ledger's part read
  since          bigint      NOT NULL,      -- stamp that the ledger's part began at; 0: the first transfer
  -- stamp up to which all was found in order; null: a difference was found
  verified_until bigint,
  -- {"ledger": [{"check", "what", ...}], "stock": [], ...}: every kind that was checked
  findings       jsonb       NOT NULL
);
CREATE INDEX integrity_checks_verified ON reports.integrity_checks (id) WHERE verified_until IS NOT NULL;
CREATE INDEX integrity_checks_by_time ON reports.integrity_checks (checked_at);
