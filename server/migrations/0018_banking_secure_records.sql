-- Signed and encrypted records of secure transactions: the first kind of vault.
CREATE TABLE banking.secure_records (
  tx_id          text        PRIMARY KEY CHECK (tx_id ~ '^[0-9a-f]{64}$'), -- HMAC-SHA-256 of the canonical record
  transaction_id bigint      NOT NULL UNIQUE,
  wrapped_key    text        NOT NULL, -- the record's own data key, encrypted
  sealed         text        NOT NULL, -- the record, AES-256-GCM under that key
  stored_at      timestamptz NOT NULL DEFAULT now()
);
