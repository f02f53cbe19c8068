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

-- One row for each stock hold that a shipment captured; one with hold_id 0 for goods that no stock is kept of.
CREATE TABLE orders.shipment_lines (
  shipment_id      bigint   NOT NULL REFERENCES orders.shipments,
  line_no          smallint NOT NULL,
  hold_id          bigint   NOT NULL,
  stock_account_id bigint,
  quantity         integer  NOT NULL CHECK (quantity > 0),
  PRIMARY KEY (shipment_id, line_no, hold_id),
  CHECK ((hold_id = 0) = (stock_account_id IS NULL))
);
CREATE UNIQUE INDEX shipment_lines_by_hold ON orders.shipment_lines (hold_id) WHERE hold_id <> 0; -- a hold ships once
