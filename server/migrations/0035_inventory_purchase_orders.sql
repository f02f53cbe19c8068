-- Orders to the supplier. Written here before the supplier hears of them, so that a call whose outcome nobody knows is
-- repeated under the same key, and never a second order.
ALTER TABLE inventory.items ADD COLUMN reorder_quantity bigint CHECK (reorder_quantity > 0); -- null: nothing is ordered by itself

CREATE TABLE inventory.purchase_orders (
  id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  key                uuid   NOT NULL DEFAULT gen_random_uuid() UNIQUE, -- sent as Idempotency-Key, the same with every call
  product_id         bigint NOT NULL REFERENCES inventory.items,
  sku                text   NOT NULL,
  quantity           bigint NOT NULL CHECK (quantity > 0),
  is_automatic       boolean NOT NULL,
  state              text   NOT NULL DEFAULT 'created'
                     CHECK (state IN ('created', 'unknown', 'accepted', 'shipped', 'delivered', 'refused', 'cancelled', 'received')),
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
  CHECK ((state = 'received') = (journal_id IS NOT NULL) AND (journal_id IS NULL) = (received_quantity IS NULL))
);
CREATE INDEX purchase_orders_due ON inventory.purchase_orders (due_at) WHERE due_at IS NOT NULL;
-- However many processes see the same low stock, one order goes out, and no other before its goods are booked.
CREATE UNIQUE INDEX purchase_orders_once ON inventory.purchase_orders (product_id)
  WHERE is_automatic AND state NOT IN ('refused', 'cancelled', 'received');
