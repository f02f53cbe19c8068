-- Faster search: one statement chooses the words, one finds the page; and what was chosen for words that no product has
-- can be remembered, because it can be told whether new words have come since.

-- Without the list of pending entries, which every misspelt word would have to read through until the next vacuum: with it,
-- a search just after an import took three times as long.
ALTER INDEX catalog.vocabulary_by_likeness SET (fastupdate = off);
SELECT gin_clean_pending_list('catalog.vocabulary_by_likeness'::regclass);

-- How many products the shares of the vocabulary were counted over.
CREATE TABLE catalog.counted_products (
  is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  count   integer NOT NULL CHECK (count >= 0)
);

INSERT INTO catalog.counted_products (count) SELECT count(*) FROM catalog.products WHERE status = 'active';

-- The transactions that brought words no product had before. What was chosen by a snapshot is as good as new while none
-- stands here that this snapshot did not see. Rows of yesterday are of no use: nobody remembers for longer than a minute.
CREATE TABLE catalog.vocabulary_additions (
  transaction xid8        PRIMARY KEY,
  added_at    timestamptz NOT NULL DEFAULT now()
);

CREATE OR REPLACE FUNCTION catalog.count_words() RETURNS void LANGUAGE sql SET enable_seqscan = on AS $$
  DELETE FROM catalog.vocabulary_additions WHERE added_at < now() - interval '1 day';
  WITH counted AS (
    INSERT INTO catalog.counted_products AS c (count) SELECT count(*) FROM catalog.products WHERE status = 'active'
    ON CONFLICT (is_only) DO UPDATE SET count = excluded.count RETURNING c.count
  )
  INSERT INTO catalog.vocabulary AS v (word, name_share, share)
  SELECT w.word, coalesce(n.ndoc, 0)::real / greatest(c.count, 1), w.ndoc::real / greatest(c.count, 1)
  FROM ts_stat('SELECT words FROM catalog.products WHERE status = ''active''') w
  LEFT JOIN ts_stat('SELECT name_words FROM catalog.products WHERE status = ''active''') n USING (word)
  CROSS JOIN counted c
  ORDER BY w.word
  ON CONFLICT (word) DO UPDATE SET name_share = excluded.name_share, share = excluded.share
  WHERE v.name_share <> excluded.name_share OR v.share <> excluded.share;
$$;
-- What somebody who typed this means: the words that products have, and for each that none has those that begin with it or
-- resemble it. Quotes, "or" and a minus (not `is_plain`) are taken at their word, and so is a SKU. `horizon`: what
-- transactions from there on bring was not seen.
-- `is_common`: the number of products times the square of the share that probably has all words reaches `common_from`;
-- `is_common_name`: of the share that has them in name and brand.
CREATE FUNCTION catalog.choose_words(asked text, is_plain boolean, most integer, common_from integer)
RETURNS TABLE (query text, is_sku boolean, is_known boolean, is_common boolean, is_common_name boolean, horizon text)
LANGUAGE plpgsql STABLE ROWS 1
SET enable_seqscan = off SET plan_cache_mode = force_generic_plan SET jit = off AS $$
DECLARE
  sought record;
  choice text;
  choices text[] := '{}';
  name_share double precision := 1;
  share double precision := 1;
  products integer := coalesce((SELECT n.count FROM catalog.counted_products n), 0);
BEGIN
  is_sku := EXISTS (SELECT FROM catalog.products p WHERE lower(p.sku) = lower(asked));
  is_known := true;
  horizon := pg_snapshot_xmin(pg_current_snapshot())::text;
  FOR sought IN
    SELECT a.word, v.name_share, v.share FROM unnest(tsvector_to_array(to_tsvector('catalog.words', asked))) a (word)
    LEFT JOIN catalog.vocabulary v ON v.word = a.word COLLATE "C"
  LOOP
    IF sought.share IS NULL THEN
      is_known := false;
      choice := NULL;
      IF is_plain AND NOT is_sku THEN
        choice := (SELECT string_agg(catalog.quote_word(m.word), '|') FROM catalog.find_meant_words(sought.word, most) m (word));
      END IF;
    ELSE
      name_share := name_share * sought.name_share;
      share := share * sought.share;
      choice := catalog.quote_word(sought.word);
    END IF;
    -- What nothing resembles is left out, so that the other words still find what they can.
    IF choice IS NOT NULL THEN choices := choices || ('(' || choice || ')'); END IF;
  END LOOP;
  IF is_plain AND NOT is_known AND NOT is_sku THEN query := array_to_string(choices, '&');
  ELSE query := websearch_to_tsquery('catalog.words', asked)::text;
  END IF;
  is_common := is_plain AND is_known AND query <> '' AND products * share * share >= common_from;
  is_common_name := is_plain AND is_known AND query <> '' AND products * name_share * name_share >= common_from;
  RETURN NEXT;
END $$;

-- A word as a tsquery's text form has it.
CREATE FUNCTION catalog.quote_word(word text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT '''' || replace(replace(word, '\', '\\'), '''', '''''') || ''''
$$;

-- As before (0032), with three differences: most searches are narrowed by nothing, and for them there are statements
-- without the conditions, which cost more to set up than to check; a product that is found by its SKU is not found again by
-- its words; and of words that are common anywhere, `page` products are walked to from the cursor on, not always `most`.
DROP FUNCTION catalog.rank_products;
CREATE FUNCTION catalog.rank_products(
  query tsquery, asked_sku text, is_common boolean, most integer, after_score integer, after_id integer, page integer,
  is_narrowed boolean, with_drafts boolean, of_status text, in_category bigint,
  of_brands text[], of_currency text, price_from bigint, price_to bigint, stocked boolean
) RETURNS TABLE (product_id integer, version integer, tracks_stock boolean, score integer)
LANGUAGE plpgsql STABLE ROWS 200
SET enable_bitmapscan = on SET enable_seqscan = off SET plan_cache_mode = force_generic_plan SET jit = off AS $$
DECLARE
  categories integer[];
  exact integer[] := ARRAY(SELECT p.id FROM catalog.products p WHERE lower(p.sku) = lower(asked_sku));
  named_count integer;
BEGIN
  IF in_category IS NOT NULL THEN
    categories := ARRAY(SELECT c.id FROM catalog.categories c WHERE in_category = ANY (c.path));
  END IF;
  IF exact <> '{}' THEN
    RETURN QUERY
      SELECT p.id, p.version, p.tracks_stock, 3000000 + (p.sku = asked_sku)::integer FROM catalog.products p
      WHERE p.id = ANY (exact) AND (with_drafts OR p.status = 'active') AND (of_status IS NULL OR p.status = of_status)
        AND (categories IS NULL OR p.category_id = ANY (categories))
        AND (of_brands IS NULL OR lower(p.brand) = ANY (of_brands)) AND (of_currency IS NULL OR p.currency = of_currency)
        AND (price_from IS NULL OR p.price_minor >= price_from) AND (price_to IS NULL OR p.price_minor <= price_to)
        AND (stocked IS NULL OR stocked = (NOT p.tracks_stock OR EXISTS (
          SELECT FROM catalog.availability a WHERE a.product_id = p.id AND a.available > 0)));
  END IF;
  IF is_narrowed OR with_drafts THEN
    RETURN QUERY
      SELECT p.id, p.version, p.tracks_stock, 2000000 + (ts_rank(p.name_words, query, 1) * 100000)::integer FROM catalog.products p
      WHERE p.name_words @@ query AND p.id <> ALL (exact)
        AND (with_drafts OR p.status = 'active') AND (of_status IS NULL OR p.status = of_status)
        AND (categories IS NULL OR p.category_id = ANY (categories))
        AND (of_brands IS NULL OR lower(p.brand) = ANY (of_brands)) AND (of_currency IS NULL OR p.currency = of_currency)
        AND (price_from IS NULL OR p.price_minor >= price_from) AND (price_to IS NULL OR p.price_minor <= price_to)
        AND (stocked IS NULL OR stocked = (NOT p.tracks_stock OR EXISTS (
          SELECT FROM catalog.availability a WHERE a.product_id = p.id AND a.available > 0)))
      LIMIT most;
  ELSE
    RETURN QUERY
      SELECT p.id, p.version, p.tracks_stock, 2000000 + (ts_rank(p.name_words, query, 1) * 100000)::integer FROM catalog.products p
      WHERE p.name_words @@ query AND p.status = 'active' AND p.id <> ALL (exact)
      LIMIT most;
  END IF;
  GET DIAGNOSTICS named_count = ROW_COUNT;
  IF named_count >= 20 THEN RETURN; END IF;
  IF is_common AND NOT is_narrowed THEN
    -- All of one score, so that the order is that of the ids alone.
    RETURN QUERY
      SELECT p.id, p.version, p.tracks_stock, 1000000 FROM catalog.products p
      WHERE ts_match_vq(p.words, query) AND NOT ts_match_vq(p.name_words, query) AND p.id <> ALL (exact)
        AND (with_drafts OR p.status = 'active')
        AND p.id < CASE WHEN after_score <= 1000000 THEN after_id ELSE 2147483647 END
      ORDER BY p.id DESC LIMIT page;
  ELSIF is_narrowed OR with_drafts THEN
    RETURN QUERY
      SELECT p.id, p.version, p.tracks_stock, 1000000 + (ts_rank(p.words, query, 1) * 100000)::integer FROM catalog.products p
      WHERE p.words @@ query AND NOT p.name_words @@ query AND p.id <> ALL (exact)
        AND (with_drafts OR p.status = 'active') AND (of_status IS NULL OR p.status = of_status)
        AND (categories IS NULL OR p.category_id = ANY (categories))
        AND (of_brands IS NULL OR lower(p.brand) = ANY (of_brands)) AND (of_currency IS NULL OR p.currency = of_currency)
        AND (price_from IS NULL OR p.price_minor >= price_from) AND (price_to IS NULL OR p.price_minor <= price_to)
        AND (stocked IS NULL OR stocked = (NOT p.tracks_stock OR EXISTS (
          SELECT FROM catalog.availability a WHERE a.product_id = p.id AND a.available > 0)))
      LIMIT most;
  ELSE
    RETURN QUERY
      SELECT p.id, p.version, p.tracks_stock, 1000000 + (ts_rank(p.words, query, 1) * 100000)::integer FROM catalog.products p
      WHERE p.words @@ query AND NOT p.name_words @@ query AND p.status = 'active' AND p.id <> ALL (exact)
      LIMIT most;
  END IF;
END $$;
