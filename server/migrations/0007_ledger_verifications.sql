-- What `countinghouse verify` has found in order, so that the next run need not begin at the first transfer.

-- One row: up to which stamp everything agrees. No transfer with an id up to it can still appear.
CREATE TABLE ledger.verifications (
  only_row        boolean     PRIMARY KEY DEFAULT true CHECK (only_row),
  verified_until  bigint      NOT NULL, -- stamp
  -- Holds placed up to then and not ended yet; those that had ended never change again.
  active_hold_ids bigint[]    NOT NULL,
  verified_at     timestamptz NOT NULL DEFAULT now()
);

-- The sums of all transfers up to `verified_until`, of accounts that have any. numeric: a system account's know no bound.
CREATE TABLE ledger.verified_accounts (
  account_id bigint  PRIMARY KEY,
  debits     numeric NOT NULL,
  credits    numeric NOT NULL
);
