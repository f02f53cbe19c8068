-- Transactions that a rule found suspicious.
CREATE SCHEMA risk;

CREATE TABLE risk.flags (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  transaction_id bigint NOT NULL,
  account_id     bigint NOT NULL,
  rule           text   NOT NULL,
  reason         text   NOT NULL,
  blocked        boolean NOT NULL,
  flagged_at     timestamptz NOT NULL DEFAULT now(),
  UNIQUE (transaction_id, rule)
);
CREATE INDEX flags_by_account ON risk.flags (account_id, id);
