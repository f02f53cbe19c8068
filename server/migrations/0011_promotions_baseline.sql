-- Coupons: what takes something off an order, and how often. A use is one row per order; `used` counts those
-- that are not returned and is changed under the coupon's row lock alone, in the commit of the order.
CREATE SCHEMA promotions;

CREATE TABLE promotions.coupons (
  -- upper case, however it is typed
  code               text    COLLATE "C" PRIMARY KEY CHECK (code ~ '^[A-Z0-9][A-Z0-9_-]{2,39}$'),
  id                 bigint  GENERATED ALWAYS AS IDENTITY UNIQUE, -- in order of making, for lists
  description        text,
  percent            integer CHECK (percent BETWEEN 1 AND 1000000), -- millionths of the order's value
  amount             bigint  CHECK (amount > 0),
  currency           text,                      -- of the amounts, and then of the orders; null: any
  minimum_order      bigint  CHECK (minimum_order > 0),
  maximum_discount   bigint  CHECK (maximum_discount > 0),
  valid_from         bigint,                    -- stamps, half-open
  valid_until        bigint,
  usage_limit        integer CHECK (usage_limit > 0),
  customer_limit     integer CHECK (customer_limit > 0),
  is_active          boolean NOT NULL DEFAULT true,
  used               integer NOT NULL DEFAULT 0 CHECK (used >= 0),
  version            integer NOT NULL DEFAULT 1, -- of the terms; uses do not change it
  created_at         timestamptz NOT NULL DEFAULT now(),
  updated_at         timestamptz NOT NULL DEFAULT now(),
  CHECK (used <= usage_limit),
  CHECK ((percent IS NULL) <> (amount IS NULL)),
  CHECK (currency IS NOT NULL OR (amount IS NULL AND minimum_order IS NULL AND maximum_discount IS NULL)),
  CHECK (percent IS NOT NULL OR maximum_discount IS NULL),
  CHECK (valid_from < valid_until)
) WITH (fillfactor = 70);

CREATE TABLE promotions.uses (
  order_id    bigint PRIMARY KEY,
  code        text   COLLATE "C" NOT NULL REFERENCES promotions.coupons,
  customer_id text,                             -- null: nobody who is known
  returned_at bigint                            -- stamp; set when the order ended without a sale
) WITH (fillfactor = 90);
CREATE INDEX uses_by_customer ON promotions.uses (code, customer_id) WHERE returned_at IS NULL;
