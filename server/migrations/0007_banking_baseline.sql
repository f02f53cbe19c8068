-- Customers' accounts: who owns which ledger account, with personal fields encrypted; exchange rates; and the
-- records of secure transactions.
CREATE SCHEMA banking;

CREATE TABLE banking.accounts (
  id                    bigint PRIMARY KEY, -- the ledger account's id
  owner_id              text   NOT NULL,    -- subject of the owner's token
  currency              text   NOT NULL,
  name                  text,               -- what the owner calls it
  holder_name           text,               -- encrypted
  external_number       text,               -- encrypted
  external_number_index bytea,              -- blind index: HMAC-SHA-256 of the normalized number
  opened_at             timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX accounts_by_owner ON banking.accounts (owner_id, id);
CREATE UNIQUE INDEX accounts_by_external_number ON banking.accounts (external_number_index)
  WHERE external_number_index IS NOT NULL;

CREATE TABLE banking.exchange_rates (
  id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  base     text        NOT NULL,
  quote    text        NOT NULL CHECK (quote <> base),
  -- quote units for one base unit
  rate     text        NOT NULL CHECK (rate ~ '^[0-9]{1,12}([.][0-9]{1,12})?$' AND rate::numeric > 0),
  source   text        NOT NULL,
  set_by   text        NOT NULL,
  valid_from timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX exchange_rates_latest ON banking.exchange_rates (base, quote, id DESC);

CREATE TABLE banking.exchanges (
  journal_id   bigint PRIMARY KEY,
  from_account_id bigint NOT NULL,
  to_account_id   bigint NOT NULL,
  sold         bigint NOT NULL CHECK (sold > 0),
  bought       bigint NOT NULL CHECK (bought > 0),
  rate_id      bigint NOT NULL REFERENCES banking.exchange_rates,
  rate         text   NOT NULL,
  rounding     text   NOT NULL
);

-- Signed and encrypted records of secure transactions: the first kind of vault.
CREATE TABLE banking.secure_records (
  -- HMAC-SHA-256 of the canonical record
  tx_id          text        PRIMARY KEY CHECK (tx_id ~ '^[0-9a-f]{64}$'),
  transaction_id bigint      NOT NULL UNIQUE,
  wrapped_key    text        NOT NULL, -- the record's own data key, encrypted
  sealed         text        NOT NULL, -- the record, AES-256-GCM under that key
  stored_at      timestamptz NOT NULL DEFAULT now()
);
