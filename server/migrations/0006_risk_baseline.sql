-- What was found suspicious: transactions that a rule flagged, who is blocked, and what was found about each
-- order that was screened.
CREATE SCHEMA risk;

-- Transactions that a rule found suspicious.
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

-- Whose orders are found suspicious for who they are. The value is personal: it lies encrypted, and is looked
-- for by a blind index, of which `subject` is the first 48 bits.
CREATE TABLE risk.blocked_subjects (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind        text   NOT NULL CHECK (kind IN ('email', 'ip', 'address', 'customer')),
  value       text   NOT NULL,              -- encrypted
  value_index bytea  NOT NULL UNIQUE CHECK (length(value_index) = 32),
  subject     bigint NOT NULL,
  reason      text,
  version     integer NOT NULL DEFAULT 1,
  blocked_by  text   NOT NULL,
  blocked_at  timestamptz NOT NULL DEFAULT now(),
  expires_at  timestamptz                   -- null: until it is taken off the list
);
CREATE INDEX blocked_subjects_by_subject ON risk.blocked_subjects (subject);

-- One row per order that was screened and placed; those refused leave no order, and are told by an event. The
-- order itself says whether it is reviewed and what was decided.
CREATE TABLE risk.screenings (
  order_id bigint  PRIMARY KEY,             -- stamp of the placing: the time that velocity counts by
  subject  bigint,                          -- of the customer, of a guest's e-mail address; null: neither
  score    integer NOT NULL CHECK (score >= 0),
  verdict  text    NOT NULL CHECK (verdict IN ('accept', 'review')),
  findings text    NOT NULL                 -- JSON: rules, scores, reasons
);
CREATE INDEX screenings_by_subject ON risk.screenings (subject, order_id) WHERE subject IS NOT NULL;
