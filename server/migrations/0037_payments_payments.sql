-- Payments: what is to be paid, what was tried to get it, and the append-only events that every amount derives from.
CREATE SCHEMA payments;

-- The sums are those of the payment's events, kept here so that deciding reads one row; `verify` adds them up anew.
-- What is under way (the `-ing` columns) is the sum of the open attempts. No index on a column that changes often.
CREATE TABLE payments.payments (
  id                 bigint PRIMARY KEY,             -- stamp: when it was opened
  order_id           bigint,
  customer_id        text,                           -- null: an order of nobody, at the till
  provider           text    NOT NULL CHECK (provider IN ('balance', 'sandbox', 'stripe', 'manual')),
  asset_id           integer NOT NULL,
  currency           text    NOT NULL,
  amount             bigint  NOT NULL CHECK (amount > 0),
  tax                bigint  NOT NULL CHECK (tax BETWEEN 0 AND amount),
  capture_mode       text    NOT NULL CHECK (capture_mode IN ('manual', 'automatic')),
  reference          text,                           -- ours, on statements and at the provider
  account_id         bigint,                         -- balance: whose money
  hold_id            bigint,                         -- balance: what is still set aside
  method_token       text,                           -- card: what the client got from the provider
  provider_reference text,                           -- card: the provider's id
  action_url         text,                           -- card: where the customer confirms (3-D Secure)
  failure_code       text,
  authorized         bigint  NOT NULL DEFAULT 0,
  voided             bigint  NOT NULL DEFAULT 0,
  captured           bigint  NOT NULL DEFAULT 0,
  refunded           bigint  NOT NULL DEFAULT 0,
  charged_back       bigint  NOT NULL DEFAULT 0,
  disputed           bigint  NOT NULL DEFAULT 0 CHECK (disputed >= 0),
  tax_captured       bigint  NOT NULL DEFAULT 0,
  tax_returned       bigint  NOT NULL DEFAULT 0,
  authorizing        bigint  NOT NULL DEFAULT 0 CHECK (authorizing >= 0),
  capturing          bigint  NOT NULL DEFAULT 0 CHECK (capturing >= 0),
  voiding            bigint  NOT NULL DEFAULT 0 CHECK (voiding >= 0),
  refunding          bigint  NOT NULL DEFAULT 0 CHECK (refunding >= 0),
  cancel_requested   boolean NOT NULL DEFAULT false,
  event_count        integer NOT NULL DEFAULT 0,
  version            bigint  NOT NULL DEFAULT 1,
  CONSTRAINT payments_not_overdrawn CHECK (voided >= 0 AND captured >= 0 AND authorized >= voided + captured),
  CONSTRAINT payments_not_overrefunded CHECK (refunded >= 0 AND charged_back >= 0 AND captured >= refunded + charged_back + refunding),
  CONSTRAINT payments_tax_within CHECK (tax_returned >= 0 AND tax_captured >= tax_returned AND tax_captured <= captured),
  CONSTRAINT payments_balance_has_account CHECK ((provider = 'balance') = (account_id IS NOT NULL))
) WITH (fillfactor = 80);
CREATE INDEX payments_by_order ON payments.payments (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX payments_by_customer ON payments.payments (customer_id, id) WHERE customer_id IS NOT NULL;
CREATE UNIQUE INDEX payments_by_provider_reference ON payments.payments (provider, provider_reference) WHERE provider_reference IS NOT NULL;

-- One try at one act. A try at a foreign provider is created here before the call, and never deleted whatever becomes of
-- the call. A refund is a row here whatever the provider, so that each has its own state.
CREATE TABLE payments.attempts (
  id                 bigint PRIMARY KEY,             -- stamp; the key sent to the provider derives from it
  payment_id         bigint NOT NULL REFERENCES payments.payments,
  act                text   NOT NULL CHECK (act IN ('authorize', 'capture', 'void', 'refund')),
  amount             bigint NOT NULL CHECK (amount > 0),
  tax                bigint NOT NULL CHECK (tax BETWEEN 0 AND amount),
  keeps_rest         boolean NOT NULL DEFAULT false, -- capture: the rest stays authorized
  state              text   NOT NULL CHECK (state IN ('created', 'sent', 'unknown', 'succeeded', 'failed')),
  provider_reference text,
  reason             text,
  failure_code       text,
  failure_message    text,
  actor_id           text   NOT NULL,
  asked_count        integer NOT NULL DEFAULT 0,     -- calls made for it
  due_at             timestamptz,                    -- the next call; null: none, a webhook or a person will tell
  leased_until       timestamptz,
  settled_at         bigint,                         -- stamp
  attention_since    timestamptz,                    -- in the queue that people look at
  CHECK ((state IN ('succeeded', 'failed')) = (settled_at IS NOT NULL))
) WITH (fillfactor = 80);
CREATE INDEX attempts_by_payment ON payments.attempts (payment_id);
CREATE INDEX attempts_due ON payments.attempts (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX attempts_open ON payments.attempts (id) WHERE settled_at IS NULL;
CREATE INDEX attempts_of_attention ON payments.attempts (id) WHERE attention_since IS NOT NULL;

-- What happened, append only: every amount of a payment is a sum of these.
CREATE TABLE payments.events (
  payment_id bigint  NOT NULL,
  seq        integer NOT NULL,
  type       text    NOT NULL,
  amount     bigint  NOT NULL,
  tax        bigint  NOT NULL,
  attempt_id bigint,
  journal_id bigint,                                 -- what it booked in the ledger
  at         bigint  NOT NULL,                       -- stamp
  actor_id   text    NOT NULL,
  detail     text,
  PRIMARY KEY (payment_id, seq)
);
