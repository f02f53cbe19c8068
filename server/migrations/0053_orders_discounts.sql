-- Discounts of orders: what a coupon took off, told by line, and the coupon of a cart. Net, tax and gross are what is left.
ALTER TABLE orders.orders
  ADD COLUMN coupon_code text,
  ADD COLUMN discount bigint NOT NULL DEFAULT 0,
  ADD CHECK (discount = 0 OR (discount > 0 AND coupon_code IS NOT NULL));
ALTER TABLE orders.lines
  ADD COLUMN discount bigint NOT NULL DEFAULT 0 CHECK (discount >= 0); -- off quantity × unit price; contains tax where the price does
CREATE INDEX orders_by_coupon ON orders.orders (coupon_code, id) WHERE coupon_code IS NOT NULL;
ALTER TABLE orders.carts ADD COLUMN coupon_code text;
