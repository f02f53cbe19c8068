-- What providers tell us, kept before it is believed; disputes; and which attempts a provider has answered.
ALTER TABLE payments.attempts ADD COLUMN answered boolean NOT NULL DEFAULT false; -- the provider works on it and will tell

-- Webhooks as they came. Acknowledged once stored, processed by a job; the provider's event id makes repeats harmless.
CREATE TABLE payments.inbox (
  id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  provider        text NOT NULL,
  event_id        text NOT NULL,
  type            text NOT NULL,
  body            text NOT NULL,
  received_at     timestamptz NOT NULL DEFAULT now(),
  state           text NOT NULL DEFAULT 'received' CHECK (state IN ('received', 'done', 'ignored')),
  tries           integer NOT NULL DEFAULT 0,
  due_at          timestamptz DEFAULT now(),          -- null once it is done or ignored
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
  state              text   NOT NULL CHECK (state IN ('open', 'won', 'lost')),
  reason             text,
  opened_at          bigint NOT NULL,                 -- stamp
  closed_at          bigint,
  PRIMARY KEY (payment_id, provider_reference),
  CHECK ((state = 'open') = (closed_at IS NULL))
);
CREATE INDEX disputes_open ON payments.disputes (opened_at) WHERE state = 'open';
