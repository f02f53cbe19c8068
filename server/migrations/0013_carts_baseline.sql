-- Carts: what a guest or a user means to buy. Open until ordered, merged into another or expired; those that
-- came to nothing are removed some time after, for guests open as many as they like.
CREATE SCHEMA carts;

CREATE TABLE carts.carts (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id        text CHECK (user_id <> ''), -- null: a guest's, who shows its token
  state          text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'ordered', 'merged', 'expired')),
  currency       text NOT NULL,
  coupon_code    text,
  discount_minor bigint NOT NULL DEFAULT 0,  -- what it took off when the buyer was last shown the cart
  version        integer NOT NULL DEFAULT 1, -- of the cart with its lines
  created_at     timestamptz NOT NULL DEFAULT now(),
  changed_at     timestamptz NOT NULL DEFAULT now(),
  expires_at     timestamptz NOT NULL,
  order_id       bigint UNIQUE,              -- one order per cart, one cart per order
  merged_into    bigint REFERENCES carts.carts ON DELETE CASCADE,
  CHECK (discount_minor = 0 OR (discount_minor > 0 AND coupon_code IS NOT NULL)),
  CHECK ((state = 'ordered') = (order_id IS NOT NULL)),
  CHECK ((state = 'merged') = (merged_into IS NOT NULL)),
  CHECK (merged_into <> id)
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX carts_open_of_user ON carts.carts (user_id) WHERE state = 'open';
CREATE INDEX carts_due ON carts.carts (expires_at) WHERE state = 'open';
CREATE INDEX carts_ended ON carts.carts (expires_at) WHERE state IN ('expired', 'merged');
CREATE INDEX carts_merged ON carts.carts (merged_into) WHERE merged_into IS NOT NULL;

CREATE TABLE carts.cart_lines (
  cart_id          bigint   NOT NULL REFERENCES carts.carts ON DELETE CASCADE,
  product_id       bigint   NOT NULL,
  position         integer  NOT NULL,
  quantity         integer  NOT NULL CHECK (quantity BETWEEN 1 AND 1000000),
  unit_price_minor bigint   NOT NULL CHECK (unit_price_minor >= 0), -- and its tax: as last accepted
  includes_tax     boolean  NOT NULL,
  tax_rate         integer  NOT NULL CHECK (tax_rate BETWEEN 0 AND 1000000), -- millionths
  was_for_sale     boolean  NOT NULL DEFAULT true, -- when the buyer last accepted: then it counted
  PRIMARY KEY (cart_id, product_id)
) WITH (fillfactor = 80);
