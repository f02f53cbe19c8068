-- What reading needs besides the book: how an account's rules changed, and indexes that bound every search.

-- Every change of an account's rules, so that "available at a moment" is exact for ever. The id is a stamp taken under
-- the account's lock, which puts changes and transfers of one account in one order.
CREATE TABLE ledger.account_changes (
  id                  bigint   PRIMARY KEY,
  account_id          bigint   NOT NULL REFERENCES ledger.accounts,
  actor_id            text     NOT NULL,
  credit_limit_before bigint   NOT NULL,
  credit_limit_after  bigint   NOT NULL CHECK (credit_limit_after >= 0),
  state_before        smallint NOT NULL CHECK (state_before IN (1, 2)), -- a closed account stays closed
  state_after         smallint NOT NULL CHECK (state_after IN (1, 2, 3))
);
CREATE INDEX account_changes_by_account ON ledger.account_changes (account_id, id);

-- Money on its way in is derived from the active holds at every reading of a balance.
CREATE INDEX holds_active_by_credit_account ON ledger.holds (credit_account_id) WHERE state = 1;
CREATE INDEX refusals_by_reference ON ledger.refusals (reference, id) WHERE reference IS NOT NULL;
-- Few accounts are ever frozen or closed. An update that leaves the state alone does not touch this index.
CREATE INDEX accounts_not_open ON ledger.accounts (id) WHERE NOT system AND state <> 1;
