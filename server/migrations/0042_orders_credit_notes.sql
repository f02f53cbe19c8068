-- Credit notes: money given back, with goods (a return) or without (a refund), for an order or for none.
CREATE TABLE orders.credit_notes (
  id          bigint PRIMARY KEY,            -- stamp
  order_id    bigint REFERENCES orders.orders,
  kind        text   NOT NULL CHECK (kind IN ('return', 'refund', 'credit')),
  customer_id text,
  currency    text   NOT NULL,
  net         bigint NOT NULL CHECK (net >= 0),
  tax         bigint NOT NULL CHECK (tax >= 0),
  total       bigint NOT NULL CHECK (total = net + tax),
  refunded    bigint NOT NULL CHECK (refunded BETWEEN 0 AND total), -- what of it went back over the order's payment
  payment_id  bigint,
  refund_id   bigint,                        -- the payment's refund
  account_id  bigint,                        -- customer's account that was credited, where no payment was
  journal_id  bigint,                        -- the ledger's journal, where no payment was refunded
  reason      text   NOT NULL,
  reference   text,
  created_by  text   NOT NULL,
  CHECK (kind = 'credit' OR order_id IS NOT NULL),
  CHECK (refunded = 0 OR payment_id IS NOT NULL),
  CHECK (order_id IS NOT NULL OR total = 0 OR journal_id IS NOT NULL)
);
CREATE INDEX credit_notes_by_order ON orders.credit_notes (order_id, id) WHERE order_id IS NOT NULL;
CREATE INDEX credit_notes_by_customer ON orders.credit_notes (customer_id, id) WHERE customer_id IS NOT NULL;
CREATE INDEX credit_notes_by_reference ON orders.credit_notes (reference, id) WHERE reference IS NOT NULL;

CREATE TABLE orders.credit_note_lines (
  note_id          bigint   NOT NULL REFERENCES orders.credit_notes,
  line_no          smallint NOT NULL CHECK (line_no BETWEEN 1 AND 1000),
  order_line_no    smallint,
  product_id       integer,
  sku              text,
  name             text     NOT NULL,
  quantity         integer  NOT NULL CHECK (quantity >= 0), -- 0: an amount alone
  unit_price       bigint,
  net              bigint   NOT NULL CHECK (net >= 0),
  tax              bigint   NOT NULL CHECK (tax >= 0),
  total            bigint   NOT NULL CHECK (total = net + tax),
  stock_account_id bigint,                   -- where the goods went back to; null: written off, or no goods
  stock_journal_id bigint,
  PRIMARY KEY (note_id, line_no),
  CHECK ((stock_account_id IS NULL) = (stock_journal_id IS NULL))
);
