-- Search: the words of products for full text, and the vocabulary that knows how common a word is and what a misspelt
-- one was meant to be.

-- The extension may stand in any schema: where an administrator made it, or in ours.
DO $$
BEGIN
  CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA catalog;
EXCEPTION WHEN insufficient_privilege OR feature_not_supported OR undefined_file THEN
  RAISE EXCEPTION 'The search of products needs the PostgreSQL extension pg_trgm, which this database refuses (%). Install the contrib package of the server where it is missing, then let an administrator run in this database: CREATE EXTENSION pg_trgm', SQLERRM
    USING ERRCODE = SQLSTATE;
END $$;

-- A configuration of our own, so that a shop in another language changes one thing: docs/catalog.md says how.
CREATE TEXT SEARCH CONFIGURATION catalog.words (COPY = pg_catalog.english);

-- `name_words` is what a match counts most in. It stands apart, for an index tells which words a product has, but not where.
ALTER TABLE catalog.products
  ADD COLUMN name_words tsvector NOT NULL GENERATED ALWAYS AS (
    to_tsvector('catalog.words', name || ' ' || coalesce(brand, ''))) STORED,
  ADD COLUMN words tsvector NOT NULL GENERATED ALWAYS AS (
    setweight(to_tsvector('catalog.words', name), 'A') || setweight(to_tsvector('catalog.words', coalesce(brand, '')), 'B')
    || setweight(to_tsvector('catalog.words', description), 'D')) STORED;
-- Without the list of pending entries, which every search would have to read through until the next vacuum.
CREATE INDEX products_by_name_words ON catalog.products USING gin (name_words) WITH (fastupdate = off);
CREATE INDEX products_by_words ON catalog.products USING gin (words) WITH (fastupdate = off);
CREATE INDEX products_by_lower_sku ON catalog.products (lower(sku));

-- Every word that a product has or had, and which part of all products have it: an estimate, counted anew by a job.
CREATE TABLE catalog.vocabulary (
  word       text COLLATE "C" PRIMARY KEY,
  name_share real NOT NULL DEFAULT 0,
  share      real NOT NULL DEFAULT 0
);

CREATE FUNCTION catalog.count_words() RETURNS void LANGUAGE sql SET enable_seqscan = on AS $$
  INSERT INTO catalog.vocabulary AS v (word, name_share, share)
  SELECT w.word, coalesce(n.ndoc, 0)::real / greatest(c.count, 1), w.ndoc::real / greatest(c.count, 1)
  FROM ts_stat('SELECT words FROM catalog.products WHERE status = ''active''') w
  LEFT JOIN ts_stat('SELECT name_words FROM catalog.products WHERE status = ''active''') n USING (word)
  CROSS JOIN (SELECT count(*) FROM catalog.products WHERE status = 'active') c
  ORDER BY w.word
  ON CONFLICT (word) DO UPDATE SET name_share = excluded.name_share, share = excluded.share
  WHERE v.name_share <> excluded.name_share OR v.share <> excluded.share;
$$;
SELECT catalog.count_words();

-- The words that a word no product has was meant to be: those that begin with it, or else those that resemble it.
DO $$
DECLARE
  home text := (SELECT quote_ident(n.nspname) FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
                WHERE e.extname = 'pg_trgm');
BEGIN
  EXECUTE format('CREATE INDEX vocabulary_by_likeness ON catalog.vocabulary USING gin (word %s.gin_trgm_ops)', home);
  EXECUTE format($f$
    CREATE FUNCTION catalog.find_meant_words(asked text, most integer) RETURNS SETOF text
    LANGUAGE plpgsql STABLE ROWS 3
    SET search_path = catalog, %s, pg_catalog SET enable_bitmapscan = on SET enable_seqscan = off
    SET plan_cache_mode = force_generic_plan SET jit = off AS $b$
    BEGIN
      IF length(asked) >= 3 THEN
        RETURN QUERY SELECT v.word::text FROM catalog.vocabulary v
          WHERE v.word >= asked AND v.word < asked || chr(1114111) ORDER BY v.name_share DESC, v.word LIMIT most;
      END IF;
      IF NOT FOUND THEN
        RETURN QUERY SELECT v.word::text FROM catalog.vocabulary v
          WHERE v.word %% asked AND v.share >= 0 ORDER BY similarity(v.word, asked) DESC, v.name_share DESC, v.word LIMIT most;
      END IF;
    END $b$ $f$, home);
END $$;

-- What a search shows, best first: the SKU that was asked for, then products with all words in name and brand, and where
-- those are few, products that have some of them elsewhere. At most `most` of each: to rank all that a common word matches
-- would make it slow, and nobody reads so far. Full text has bitmap scans alone, which the pool switches off. A condition
-- written as a function (ts_match_vq) uses no index: where most products match, walking from the newest finds enough.
CREATE FUNCTION catalog.rank_products(
  query tsquery, asked_sku text, is_common boolean, most integer, with_drafts boolean, of_status text, in_category bigint,
  of_brands text[], of_currency text, price_from bigint, price_to bigint, stocked boolean
) RETURNS TABLE (product_id integer, score integer)
LANGUAGE plpgsql STABLE ROWS 200
SET enable_bitmapscan = on SET enable_seqscan = off SET plan_cache_mode = force_generic_plan SET jit = off AS $$
DECLARE
  categories integer[];
  named_count integer;
BEGIN
  IF in_category IS NOT NULL THEN
    categories := ARRAY(SELECT c.id FROM catalog.categories c WHERE in_category = ANY (c.path));
  END IF;
  RETURN QUERY
    SELECT p.id, 3000000 + (p.sku = asked_sku)::integer FROM catalog.products p
    WHERE lower(p.sku) = lower(asked_sku) AND (with_drafts OR p.status = 'active') AND (of_status IS NULL OR p.status = of_status)
      AND (categories IS NULL OR p.category_id = ANY (categories))
      AND (of_brands IS NULL OR lower(p.brand) = ANY (of_brands)) AND (of_currency IS NULL OR p.currency = of_currency)
      AND (price_from IS NULL OR p.price_minor >= price_from) AND (price_to IS NULL OR p.price_minor <= price_to)
      AND (stocked IS NULL OR stocked = (NOT p.tracks_stock OR EXISTS (
        SELECT FROM catalog.availability a WHERE a.product_id = p.id AND a.available > 0)));
  RETURN QUERY
    SELECT p.id, 2000000 + (ts_rank(p.name_words, query, 1) * 100000)::integer FROM catalog.products p
    WHERE p.name_words @@ query AND (with_drafts OR p.status = 'active') AND (of_status IS NULL OR p.status = of_status)
      AND (categories IS NULL OR p.category_id = ANY (categories))
      AND (of_brands IS NULL OR lower(p.brand) = ANY (of_brands)) AND (of_currency IS NULL OR p.currency = of_currency)
      AND (price_from IS NULL OR p.price_minor >= price_from) AND (price_to IS NULL OR p.price_minor <= price_to)
      AND (stocked IS NULL OR stocked = (NOT p.tracks_stock OR EXISTS (
        SELECT FROM catalog.availability a WHERE a.product_id = p.id AND a.available > 0)))
    LIMIT most;
  GET DIAGNOSTICS named_count = ROW_COUNT;
  IF named_count >= 20 THEN RETURN; END IF;
  IF is_common THEN
    RETURN QUERY
      SELECT p.id, 1000000 FROM catalog.products p
      WHERE ts_match_vq(p.words, query) AND NOT p.name_words @@ query AND (with_drafts OR p.status = 'active') AND (of_status IS NULL OR p.status = of_status)
      AND (categories IS NULL OR p.category_id = ANY (categories))
      AND (of_brands IS NULL OR lower(p.brand) = ANY (of_brands)) AND (of_currency IS NULL OR p.currency = of_currency)
      AND (price_from IS NULL OR p.price_minor >= price_from) AND (price_to IS NULL OR p.price_minor <= price_to)
      AND (stocked IS NULL OR stocked = (NOT p.tracks_stock OR EXISTS (
        SELECT FROM catalog.availability a WHERE a.product_id = p.id AND a.available > 0)))
      ORDER BY p.id DESC LIMIT most;
  ELSE
    RETURN QUERY
      SELECT p.id, 1000000 + (ts_rank(p.words, query, 1) * 100000)::integer FROM catalog.products p
      WHERE p.words @@ query AND NOT p.name_words @@ query AND (with_drafts OR p.status = 'active') AND (of_status IS NULL OR p.status = of_status)
      AND (categories IS NULL OR p.category_id = ANY (categories))
      AND (of_brands IS NULL OR lower(p.brand) = ANY (of_brands)) AND (of_currency IS NULL OR p.currency = of_currency)
      AND (price_from IS NULL OR p.price_minor >= price_from) AND (price_to IS NULL OR p.price_minor <= price_to)
      AND (stocked IS NULL OR stocked = (NOT p.tracks_stock OR EXISTS (
        SELECT FROM catalog.availability a WHERE a.product_id = p.id AND a.available > 0)))
      LIMIT most;
  END IF;
END $$;

-- Every product that matches, in no order.
CREATE FUNCTION catalog.match_products(query tsquery) RETURNS SETOF integer
LANGUAGE plpgsql STABLE ROWS 500
SET enable_bitmapscan = on SET enable_seqscan = off SET plan_cache_mode = force_generic_plan SET jit = off AS $$
BEGIN
  RETURN QUERY SELECT p.id FROM catalog.products p WHERE p.words @@ query;
END $$;
