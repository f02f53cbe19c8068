-- Partitions are made aside and then attached. CREATE TABLE ... PARTITION OF takes ACCESS EXCLUSIVE on the parent: behind
-- one long report it would wait, and every reader and writer behind it. ATTACH lets both go on.

-- Creates the monthly partitions from the current month to `months` ahead. Returns how many it made.
CREATE OR REPLACE FUNCTION ledger.create_partitions(months integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  parent text;
  child  text;
  month  timestamptz;
  made   integer := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(1279607630);
  FOREACH parent IN ARRAY ARRAY['journals', 'transfers', 'holds', 'refusals'] LOOP
    FOR month IN SELECT generate_series(date_trunc('month', now(), 'UTC'), date_trunc('month', now(), 'UTC') + make_interval(months => months), interval '1 month') LOOP
      child := parent || '_' || to_char(month AT TIME ZONE 'UTC', 'YYYY_MM');
      IF to_regclass(format('ledger.%I', child)) IS NULL THEN
        EXECUTE format('CREATE TABLE ledger.%I (LIKE ledger.%I INCLUDING ALL)', child, parent);
        EXECUTE format('ALTER TABLE ledger.%I ATTACH PARTITION ledger.%I FOR VALUES FROM (%s) TO (%s)', parent, child,
          (extract(epoch FROM month) * 1000000)::bigint,
          (extract(epoch FROM date_trunc('month', month + interval '32 days', 'UTC')) * 1000000)::bigint);
        made := made + 1;
      END IF;
    END LOOP;
  END LOOP;
  RETURN made;
END $$;
