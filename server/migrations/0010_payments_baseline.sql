-- Payments: what is to be paid, what was tried to get it, the append-only events that every amount derives
-- from, what providers tell us, and the sandbox.
CREATE SCHEMA payments;

-- The sums are those of the payment's events, kept here so that deciding reads one row; `verify` adds them up
-- anew. What is under way (the `-ing` columns) is the sum of the open attempts. No index on a column that
-- changes often.
CREATE TABLE payments.payments (
  id                 bigint PRIMARY KEY,             -- stamp: when it was opened
  order_id           bigint,
  adds_to            bigint,                         -- a further charge: the order's first, which it adds to
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
  -- of an order's first charge: itself and those that add to it
  charge_count       smallint NOT NULL DEFAULT 1 CHECK (charge_count BETWEEN 1 AND 50),
  version            bigint  NOT NULL DEFAULT 1,
  CONSTRAINT payments_not_overdrawn CHECK (voided >= 0 AND captured >= 0 AND authorized >= voided + captured),
  CONSTRAINT payments_not_overrefunded CHECK (refunded >= 0 AND charged_back >= 0
    AND captured >= refunded + charged_back + refunding),
  CONSTRAINT payments_tax_within CHECK (tax_returned >= 0 AND tax_captured >= tax_returned
    AND tax_captured <= captured),
  CONSTRAINT payments_add_to_one CHECK (adds_to IS NULL OR (order_id IS NOT NULL AND charge_count = 1)),
  CONSTRAINT payments_balance_has_account CHECK ((provider = 'balance') = (account_id IS NOT NULL))
) WITH (fillfactor = 80);
CREATE INDEX payments_by_order ON payments.payments (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX payments_by_customer ON payments.payments (customer_id, id) WHERE customer_id IS NOT NULL;
CREATE UNIQUE INDEX payments_by_provider_reference ON payments.payments (provider, provider_reference)
  WHERE provider_reference IS NOT NULL;

-- One try at one act. A try at a foreign provider is created here before the call, and never deleted whatever
-- becomes of the call. A refund is a row here whatever the provider, so that each has its own state.
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
  account_id         bigint,                         -- a refund of a balance: where it goes
  failure_code       text,
  failure_message    text,
  actor_id           text   NOT NULL,
  asked_count        integer NOT NULL DEFAULT 0,     -- calls made for it
  answered           boolean NOT NULL DEFAULT false, -- the provider works on it and will tell
  -- the next call; null: none, a webhook or a person will tell
  due_at             timestamptz,
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
  account_id bigint,                                 -- where money went, if not to the account that paid
  at         bigint  NOT NULL,                       -- stamp
  actor_id   text    NOT NULL,
  detail     text,
  PRIMARY KEY (payment_id, seq)
);

-- Webhooks as they came, kept before they are believed. Acknowledged once stored, processed by a job; the
-- provider's event id makes repeats harmless.
CREATE TABLE payments.inbox (
  id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  provider        text NOT NULL,
  event_id        text NOT NULL,
  type            text NOT NULL,
  body            text NOT NULL,
  received_at     timestamptz NOT NULL DEFAULT now(),
  state           text NOT NULL DEFAULT 'received' CHECK (state IN ('received', 'done', 'ignored', 'held')),
  tries           integer NOT NULL DEFAULT 0,
  due_at          timestamptz DEFAULT now(),          -- null once it is done, ignored or held
  leased_until    timestamptz,
  done_at         timestamptz,
  payment_id      bigint,
  last_error      text,
  UNIQUE (provider, event_id),
  CHECK ((state = 'received') = (due_at IS NOT NULL)),
  CHECK ((state = 'received') = (done_at IS NULL))
);
CREATE INDEX inbox_due ON payments.inbox (due_at) WHERE due_at IS NOT NULL;

-- Money that a customer's bank has taken back until it is decided who is right.
CREATE TABLE payments.disputes (
  payment_id         bigint NOT NULL REFERENCES payments.payments,
  provider_reference text   NOT NULL,
  amount             bigint NOT NULL CHECK (amount > 0),
  reported           bigint NOT NULL,                 -- as the provider told it
  state              text   NOT NULL CHECK (state IN ('open', 'won', 'lost')),
  reason             text,
  opened_at          bigint NOT NULL,                 -- stamp
  closed_at          bigint,
  PRIMARY KEY (payment_id, provider_reference),
  CHECK ((state = 'open') = (closed_at IS NULL)),
  CHECK (reported >= amount)
);
CREATE INDEX disputes_open ON payments.disputes (opened_at) WHERE state = 'open';

-- What a provider told that does not fit its payment: it has touched nothing, and waits for a person.
CREATE TABLE payments.held_events (
  id          bigint PRIMARY KEY,                     -- stamp
  payment_id  bigint NOT NULL REFERENCES payments.payments,
  provider    text   NOT NULL,
  event_id    text   NOT NULL,                        -- the provider's
  type        text   NOT NULL,
  why         text   NOT NULL,                        -- what does not fit, in words
  answer      text,                                   -- JSON: what it says; null: it cannot be applied
  resolution  text   CHECK (resolution IN ('accepted', 'dismissed')),
  resolved_at bigint,                                 -- stamp
  resolved_by text,
  note        text,
  UNIQUE (provider, event_id),
  CHECK ((resolution IS NULL) = (resolved_at IS NULL) AND (resolution IS NULL) = (resolved_by IS NULL)),
  CHECK (resolution IS DISTINCT FROM 'accepted' OR answer IS NOT NULL)
);
CREATE INDEX held_events_by_payment ON payments.held_events (payment_id);
CREATE INDEX held_events_open ON payments.held_events (id) WHERE resolution IS NULL;

-- The sandbox: a card provider with a memory of its own, as far from ours as a foreign one's. Nothing here
-- refers to payments, and nothing of payments refers to it; it is told of and tells through calls and signed
-- webhooks alone.
CREATE TABLE payments.sandbox_charges (
  reference     text PRIMARY KEY,
  token         text    NOT NULL,
  amount        bigint  NOT NULL,
  currency      text    NOT NULL,
  capture_mode  text    NOT NULL,
  status        text    NOT NULL CHECK (status IN ('requires_action', 'processing', 'authorized', 'captured',
    'voided', 'failed')),
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
INSERT INTO payments.sandbox_secrets (secret)
  VALUES (replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''));
