-- Orders: what was bought, what became of it. Money lies in payments and the ledger, stock in the ledger;
-- here stand the ids that lead there. The hot path writes one order and its lines, nothing else: the first
-- entry of the timeline is told by the order's own columns. No foreign keys on the hot tables; `verify` looks
-- for what they would forbid.
CREATE SCHEMA orders;

CREATE TABLE orders.orders (
  id             bigint   PRIMARY KEY,       -- stamp of the placing
  -- subject of the customer's token; null: an operator's order for nobody
  customer_id    text,
  placed_by      text     NOT NULL,
  state          smallint NOT NULL CHECK (state BETWEEN 1 AND 8),
  placed_state   smallint NOT NULL CHECK (placed_state IN (1, 2)), -- PENDING, or CONFIRMED at once
  fulfilment     smallint NOT NULL DEFAULT 1 CHECK (fulfilment BETWEEN 1 AND 5),
  -- none, pending, accepted, refused
  review         smallint NOT NULL DEFAULT 0 CHECK (review BETWEEN 0 AND 3),
  -- none, refunded, charged_back: what is left stays here, and nothing is held
  shipping_stop  smallint NOT NULL DEFAULT 0 CHECK (shipping_stop BETWEEN 0 AND 2),
  payment_method text     NOT NULL,
  payment_id     bigint,                     -- the latest payment; null: nothing to pay, or none tried
  currency       text     NOT NULL,
  coupon_code    text,
  discount       bigint   NOT NULL DEFAULT 0, -- what the coupon took off; net, tax and total are what is left
  net            bigint   NOT NULL CHECK (net >= 0),
  tax            bigint   NOT NULL CHECK (tax >= 0),
  total          bigint   NOT NULL CHECK (total = net + tax),
  credited       bigint   NOT NULL DEFAULT 0 CHECK (credited BETWEEN 0 AND total), -- sum of its credit notes
  -- what its credit notes gave back for units that were cancelled
  cancelled      bigint   NOT NULL DEFAULT 0 CHECK (cancelled BETWEEN 0 AND total),
  -- what of it was never paid: it lowers what is due
  waived         bigint   NOT NULL DEFAULT 0 CHECK (waived BETWEEN 0 AND credited),
  -- the tax contained in that
  waived_tax     bigint   NOT NULL DEFAULT 0 CHECK (waived_tax BETWEEN 0 AND least(waived, tax)),
  -- what its payment gave back without a credit note, before it was sold or of what was paid too much
  repaid         bigint   NOT NULL DEFAULT 0 CHECK (repaid >= 0),
  expires_at     bigint,                     -- stamp; only while PENDING
  -- set while PENDING and after: a cancellation waits for the payment
  cancel_reason  text,
  reference      text,
  metadata       text,                       -- JSON text, kept as it is
  entry_count    smallint NOT NULL DEFAULT 1 CHECK (entry_count BETWEEN 1 AND 10000),
  version        integer  NOT NULL DEFAULT 1,
  CHECK (state = 1 OR expires_at IS NULL),
  CHECK (discount = 0 OR (discount > 0 AND coupon_code IS NOT NULL))
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.1);
CREATE INDEX orders_by_customer ON orders.orders (customer_id, id) WHERE customer_id IS NOT NULL;
CREATE INDEX orders_by_reference ON orders.orders (reference, id) WHERE reference IS NOT NULL;
CREATE INDEX orders_by_coupon ON orders.orders (coupon_code, id) WHERE coupon_code IS NOT NULL;
CREATE INDEX orders_open ON orders.orders (state, id) WHERE state BETWEEN 1 AND 4;
CREATE INDEX orders_ended ON orders.orders (state, id) WHERE state BETWEEN 6 AND 8;
CREATE INDEX orders_due ON orders.orders (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX orders_in_review ON orders.orders (id) WHERE review = 1;

CREATE TABLE orders.lines (
  order_id     bigint   NOT NULL,
  line_no      smallint NOT NULL CHECK (line_no BETWEEN 1 AND 1000),
  product_id   integer,                      -- null: a service
  sku          text,                         -- as it was when it was ordered; so are name, price and rate
  name         text     NOT NULL,
  quantity     integer  NOT NULL CHECK (quantity > 0),
  unit_price   bigint   NOT NULL CHECK (unit_price >= 0),
  includes_tax boolean  NOT NULL,
  tax_rate     integer  NOT NULL CHECK (tax_rate BETWEEN 0 AND 1000000), -- millionths
  -- off quantity × unit price; contains tax where the price does
  discount     bigint   NOT NULL DEFAULT 0 CHECK (discount >= 0),
  net          bigint   NOT NULL CHECK (net >= 0),
  tax          bigint   NOT NULL CHECK (tax >= 0),
  gross        bigint   NOT NULL CHECK (gross = net + tax),
  shipped      integer  NOT NULL DEFAULT 0 CHECK (shipped BETWEEN 0 AND quantity),
  returned     integer  NOT NULL DEFAULT 0 CHECK (returned BETWEEN 0 AND shipped),
  cancelled    integer  NOT NULL DEFAULT 0 CHECK (cancelled BETWEEN 0 AND quantity - shipped),
  -- of what is open: units that were held for it and are gone
  short        integer  NOT NULL DEFAULT 0 CHECK (short BETWEEN 0 AND quantity - shipped - cancelled),
  credited     bigint   NOT NULL DEFAULT 0 CHECK (credited BETWEEN 0 AND gross),
  -- its money was given back while it was still here: what is open of it is not held
  stopped      boolean  NOT NULL DEFAULT false,
  tracks_stock boolean  NOT NULL,            -- of the product when it was ordered: what is open is held
  hold_ids     bigint[] NOT NULL DEFAULT '{}', -- active stock holds; empty: nothing (or nothing more) is held
  stock_account_ids bigint[] NOT NULL DEFAULT '{}', -- the account of each of them
  PRIMARY KEY (order_id, line_no),
  CHECK (cardinality(hold_ids) = cardinality(stock_account_ids)),
  CHECK ((tracks_stock AND NOT stopped) OR (cardinality(hold_ids) = 0 AND short = 0)),
  CHECK (product_id IS NOT NULL OR NOT tracks_stock)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.1);
CREATE INDEX lines_by_product ON orders.lines (product_id, order_id) WHERE product_id IS NOT NULL;

-- Addresses are personal and encrypted; orders without any have no row.
CREATE TABLE orders.addresses (
  order_id bigint PRIMARY KEY,
  shipping text,
  billing  text
);

-- What happened to an order after it was placed: one row per change, in order of `seq` from 2.
CREATE TABLE orders.entries (
  order_id   bigint   NOT NULL,
  seq        smallint NOT NULL CHECK (seq >= 2),
  at         bigint   NOT NULL,              -- stamp
  event      text     NOT NULL,
  actor_id   text     NOT NULL,
  from_state smallint NOT NULL,
  to_state   smallint NOT NULL,
  note       text,
  PRIMARY KEY (order_id, seq)
);

-- Fails the transaction where a write reached fewer rows than were locked for it.
CREATE FUNCTION orders.expect_rows(actual bigint, expected integer, what text) RETURNS void LANGUAGE plpgsql
  AS $$
BEGIN
  IF actual <> expected THEN
    RAISE EXCEPTION 'wrote % of % %: a row was changed outside its lock', actual, expected, what;
  END IF;
END $$;

-- What left the house, and what came back.
CREATE TABLE orders.shipments (
  id              bigint PRIMARY KEY,        -- stamp
  order_id        bigint NOT NULL REFERENCES orders.orders,
  carrier         text,
  tracking_number text,
  tracking_url    text,
  shipped_by      text   NOT NULL,
  delivered_at    bigint                     -- stamp
);
CREATE INDEX shipments_by_order ON orders.shipments (order_id, id);

-- One row for each stock hold that a shipment captured; one with hold_id 0 for goods that no stock is kept
-- of.
CREATE TABLE orders.shipment_lines (
  shipment_id      bigint   NOT NULL REFERENCES orders.shipments,
  line_no          smallint NOT NULL,
  hold_id          bigint   NOT NULL,
  stock_account_id bigint,
  quantity         integer  NOT NULL CHECK (quantity > 0),
  PRIMARY KEY (shipment_id, line_no, hold_id),
  CHECK ((hold_id = 0) = (stock_account_id IS NULL))
);
-- a hold ships once
CREATE UNIQUE INDEX shipment_lines_by_hold ON orders.shipment_lines (hold_id) WHERE hold_id <> 0;

-- Credit notes: money given back, with goods (a return) or without (a refund), for an order or for none.
CREATE TABLE orders.credit_notes (
  id          bigint PRIMARY KEY,            -- stamp
  order_id    bigint REFERENCES orders.orders,
  -- chargeback: the bank took it; reversal: takes back, below zero, what a refund that came to nothing gave
  kind        text   NOT NULL
    CHECK (kind IN ('return', 'refund', 'cancellation', 'credit', 'chargeback', 'reversal')),
  customer_id text,
  currency    text   NOT NULL,
  net         bigint NOT NULL CHECK (kind = 'reversal' OR net >= 0),
  tax         bigint NOT NULL CHECK (kind = 'reversal' OR tax >= 0),
  total       bigint NOT NULL CHECK (total = net + tax),
  -- what of it went back over the order's payment
  refunded    bigint NOT NULL CHECK (refunded BETWEEN least(total, 0) AND greatest(total, 0)),
  payment_id  bigint,
  refund_id   bigint,                        -- the payment's refund
  account_id  bigint,                        -- customer's account that was credited, if not the one that paid
  journal_id  bigint,                        -- the ledger's journal, where no payment was refunded
  reason      text   NOT NULL,
  reference   text,
  created_by  text   NOT NULL,
  CHECK (kind = 'credit' OR order_id IS NOT NULL),
  CHECK (refunded = 0 OR payment_id IS NOT NULL),
  CHECK (kind <> 'reversal' OR (total < 0 AND refunded = total AND refund_id IS NOT NULL)),
  CHECK (order_id IS NOT NULL OR total = 0 OR journal_id IS NOT NULL)
);
CREATE INDEX credit_notes_by_order ON orders.credit_notes (order_id, id) WHERE order_id IS NOT NULL;
CREATE INDEX credit_notes_by_customer ON orders.credit_notes (customer_id, id) WHERE customer_id IS NOT NULL;
CREATE INDEX credit_notes_by_reference ON orders.credit_notes (reference, id) WHERE reference IS NOT NULL;

CREATE TABLE orders.credit_note_lines (
  note_id          bigint   NOT NULL REFERENCES orders.credit_notes,
  line_no          smallint NOT NULL CHECK (line_no >= 1),
  order_line_no    smallint,
  product_id       integer,
  sku              text,
  name             text     NOT NULL,
  quantity         integer  NOT NULL CHECK (quantity >= 0), -- 0: an amount alone
  unit_price       bigint,
  net              bigint   NOT NULL,         -- below zero: taken back, by a reversal
  tax              bigint   NOT NULL,
  total            bigint   NOT NULL CHECK (total = net + tax),
  CHECK (least(net, tax) >= 0 OR (greatest(net, tax) <= 0 AND quantity = 0)),
  stock_account_id bigint,                   -- where goods went back to; null: nowhere
  location_id      integer,                  -- of that account
  stock_journal_id bigint,
  PRIMARY KEY (note_id, line_no),
  CHECK ((stock_account_id IS NULL) = (stock_journal_id IS NULL)),
  CHECK ((stock_account_id IS NULL) = (location_id IS NULL))
);
