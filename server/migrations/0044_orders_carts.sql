-- Carts: what a guest or a user means to buy. Open until ordered, merged into another or expired.
CREATE TABLE orders.carts (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id     text CHECK (user_id <> ''),   -- null: a guest's, who shows its token
  state       text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'ordered', 'merged', 'expired')),
  currency    text NOT NULL,
  version     integer NOT NULL DEFAULT 1,   -- of the cart with its lines
  created_at  timestamptz NOT NULL DEFAULT now(),
  changed_at  timestamptz NOT NULL DEFAULT now(),
  expires_at  timestamptz NOT NULL,
  order_id    bigint UNIQUE,                -- one order per cart, one cart per order
  merged_into bigint REFERENCES orders.carts,
  CHECK ((state = 'ordered') = (order_id IS NOT NULL)),
  CHECK ((state = 'merged') = (merged_into IS NOT NULL)),
  CHECK (merged_into <> id)
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX carts_open_of_user ON orders.carts (user_id) WHERE state = 'open';
CREATE INDEX carts_due ON orders.carts (expires_at) WHERE state = 'open';
CREATE INDEX carts_merged ON orders.carts (merged_into) WHERE merged_into IS NOT NULL;

CREATE TABLE orders.cart_lines (
  cart_id          bigint   NOT NULL REFERENCES orders.carts ON DELETE CASCADE,
  product_id       bigint   NOT NULL,
  position         integer  NOT NULL,
  quantity         integer  NOT NULL CHECK (quantity BETWEEN 1 AND 1000000),
  unit_price_minor bigint   NOT NULL CHECK (unit_price_minor >= 0), -- as the buyer last accepted it
  PRIMARY KEY (cart_id, product_id)
) WITH (fillfactor = 80);
