-- The sandbox: a card provider with a memory of its own, as far from ours as a foreign one's. Nothing here refers to
-- payments, and nothing of payments refers to it; it is told of and tells through calls and signed webhooks alone.
CREATE TABLE payments.sandbox_charges (
  reference     text PRIMARY KEY,
  token         text    NOT NULL,
  amount        bigint  NOT NULL,
  currency      text    NOT NULL,
  capture_mode  text    NOT NULL,
  status        text    NOT NULL CHECK (status IN ('requires_action', 'processing', 'authorized', 'captured', 'voided', 'failed')),
  authorized    bigint  NOT NULL DEFAULT 0,
  captured      bigint  NOT NULL DEFAULT 0,
  failure_code  text,
  metadata      text    NOT NULL,
  created_at    timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE payments.sandbox_refunds (
  reference        text PRIMARY KEY,
  charge_reference text   NOT NULL REFERENCES payments.sandbox_charges,
  amount           bigint NOT NULL,
  status           text   NOT NULL CHECK (status IN ('pending', 'succeeded', 'failed')),
  metadata         text   NOT NULL
);
CREATE INDEX sandbox_refunds_by_charge ON payments.sandbox_refunds (charge_reference);
-- Its answers by idempotency key.
CREATE TABLE payments.sandbox_calls (
  key    text PRIMARY KEY,
  answer text NOT NULL,
  made_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE payments.sandbox_webhooks (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  body         text NOT NULL,
  copies       integer NOT NULL DEFAULT 1,
  deliver_at   timestamptz NOT NULL,
  tries        integer NOT NULL DEFAULT 0
);
CREATE INDEX sandbox_webhooks_due ON payments.sandbox_webhooks (deliver_at);
CREATE TABLE payments.sandbox_secrets (
  only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
  secret   text NOT NULL
);
INSERT INTO payments.sandbox_secrets (secret) VALUES (replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''));
