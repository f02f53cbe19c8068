-- The words of a search are chosen within the statement that finds its first page: so here it is also told what is common.

DROP FUNCTION catalog.choose_words;
-- As in 0051. `is_common`: the number of products times the square of the share that probably has all words reaches
-- `common_from`; `is_common_name`: of the share that has them in name and brand.
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
