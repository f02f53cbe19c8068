-- Carts that came to nothing are removed some time after: guests open as many as they like.
ALTER TABLE orders.carts
  DROP CONSTRAINT carts_merged_into_fkey,
  ADD CONSTRAINT carts_merged_into_fkey FOREIGN KEY (merged_into) REFERENCES orders.carts ON DELETE CASCADE;
CREATE INDEX carts_ended ON orders.carts (expires_at) WHERE state IN ('expired', 'merged');
