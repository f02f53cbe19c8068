-- Images of products. In the database: one commit with the product's version, one backup, and every process can serve them.
-- They are small (the upload is bounded) and far from every hot table; a shop with much traffic puts a cache in front.
CREATE TABLE catalog.images (
  id         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  product_id integer NOT NULL REFERENCES catalog.products,
  type       text    NOT NULL CHECK (type IN ('image/jpeg', 'image/png', 'image/gif', 'image/webp', 'image/avif')),
  sha256     bytea   NOT NULL CHECK (length(sha256) = 32),
  content    bytea   NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (product_id, sha256)
);
ALTER TABLE catalog.images ALTER COLUMN content SET STORAGE EXTERNAL; -- compressed already
