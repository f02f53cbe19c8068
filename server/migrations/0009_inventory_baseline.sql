-- Where stock lies, which account of the ledger counts it, and what is ordered from the supplier. How much
-- there is stands in the ledger alone: on hand is the account's balance, reserved what is held of it. The
-- README of modules/inventory tells it in words.
CREATE SCHEMA inventory;

CREATE TABLE inventory.locations (
  id         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  code       text        NOT NULL UNIQUE CHECK (code ~ '^[a-z0-9][a-z0-9_-]{0,31}$'),
  name       text        NOT NULL,
  -- orders take from the lowest first
  priority   integer     NOT NULL DEFAULT 100 CHECK (priority BETWEEN 0 AND 1000000),
  sells      boolean     NOT NULL DEFAULT true, -- orders take from here
  version    bigint      NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO inventory.locations (code, name, priority) VALUES ('main', 'Main warehouse', 0);

-- A product as the storekeeper sees it. `low_since` is the open alert: set when available falls to the
-- threshold, empty again when it rises above, so that a crossing is told once.
CREATE TABLE inventory.items (
  product_id          bigint PRIMARY KEY CHECK (product_id > 0),
  low_stock_threshold bigint CHECK (low_stock_threshold >= 0),
  low_since           timestamptz,
  reorder_quantity    bigint CHECK (reorder_quantity > 0), -- null: nothing is ordered by itself
  version             bigint NOT NULL DEFAULT 0,
  CHECK (low_since IS NULL OR low_stock_threshold IS NOT NULL)
);
CREATE INDEX items_low ON inventory.items (product_id) WHERE low_since IS NOT NULL;

-- One account per product and location, for ever.
CREATE TABLE inventory.stock (
  product_id  bigint  NOT NULL REFERENCES inventory.items,
  location_id integer NOT NULL REFERENCES inventory.locations,
  account_id  bigint  NOT NULL UNIQUE REFERENCES ledger.accounts,
  PRIMARY KEY (product_id, location_id)
);

-- Counts what makes an answer of `stockOf` that a process remembers incomplete: a product's second location,
-- a location that sells no more. Its row is locked by who changes it, so that nobody sees the new number
-- before the change.
CREATE TABLE inventory.directory (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  changes  bigint  NOT NULL DEFAULT 0
);
INSERT INTO inventory.directory DEFAULT VALUES;

-- A count of what lies at a location. Its id is the first stamp of what it booked.
CREATE TABLE inventory.stocktakes (
  id          bigint PRIMARY KEY,
  location_id integer NOT NULL REFERENCES inventory.locations,
  actor_id    text    NOT NULL,
  reference   text
);
CREATE TABLE inventory.stocktake_lines (
  stocktake_id bigint NOT NULL REFERENCES inventory.stocktakes,
  product_id   bigint NOT NULL,
  counted      bigint NOT NULL CHECK (counted >= 0),
  expected     bigint NOT NULL,
  journal_id   bigint, -- null where nothing differed
  PRIMARY KEY (stocktake_id, product_id)
);

-- Orders to the supplier. Written here before the supplier hears of them, so that a call whose outcome nobody
-- knows is repeated under the same key, and never a second order.
CREATE TABLE inventory.purchase_orders (
  id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- sent as Idempotency-Key, the same with every call
  key                uuid   NOT NULL DEFAULT gen_random_uuid() UNIQUE,
  product_id         bigint NOT NULL REFERENCES inventory.items,
  sku                text   NOT NULL,
  quantity           bigint NOT NULL CHECK (quantity > 0),
  is_automatic       boolean NOT NULL,
  state              text   NOT NULL DEFAULT 'created'
                     CHECK (state IN ('created', 'unknown', 'accepted', 'shipped', 'delivered', 'refused',
                       'cancelled', 'received')),
  supplier_reference text UNIQUE,
  carrier            text,
  tracking_number    text,
  expected_at        timestamptz,
  call_count         integer NOT NULL DEFAULT 0,
  last_error         text,
  due_at             timestamptz DEFAULT now(),                        -- the next call; null: none
  received_quantity  bigint CHECK (received_quantity > 0),
  journal_id         bigint,                                           -- the receipt that booked it
  created_at         timestamptz NOT NULL DEFAULT now(),
  updated_at         timestamptz NOT NULL DEFAULT now(),
  CHECK (state NOT IN ('refused', 'cancelled', 'received') OR due_at IS NULL),
  CHECK ((state = 'received') = (journal_id IS NOT NULL)
    AND (journal_id IS NULL) = (received_quantity IS NULL))
);
CREATE INDEX purchase_orders_due ON inventory.purchase_orders (due_at) WHERE due_at IS NOT NULL;
-- However many processes see the same low stock, one order goes out, and no other before its goods are
-- booked.
CREATE UNIQUE INDEX purchase_orders_once ON inventory.purchase_orders (product_id)
  WHERE is_automatic AND state NOT IN ('refused', 'cancelled', 'received');
