-- The ledger's clock when the database's was set back. Stamps only grow: without this they would stand still, a microsecond
-- a posting, until the clock has caught up, and whatever counts what came in the last minute would count hours.

-- By how many microseconds stamps run ahead of the database's clock; 0 as long as it was never set back by a second or more.
CREATE SEQUENCE ledger.stamp_lead AS bigint MINVALUE 0 START 0;

-- The ledger's time: what the next stamp would be, but for those taken meanwhile.
CREATE FUNCTION ledger.clock() RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT greatest(
    (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + (SELECT last_value FROM ledger.stamp_lead),
    (SELECT last_value FROM ledger.stamps))
$$;

-- As before; and where the clock was set back by a second or more, stamps go on from where they were at nine tenths of
-- its pace, until it has caught up.
CREATE OR REPLACE FUNCTION ledger.take_stamps(amount integer) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  first bigint;
  last  bigint;
  clock bigint;
  lead  bigint;
  ahead bigint;
BEGIN
  PERFORM pg_advisory_lock(1279607629);
  SELECT s.last_value, l.last_value INTO last, lead FROM ledger.stamps s, ledger.stamp_lead l;
  clock := (extract(epoch FROM clock_timestamp()) * 1000000)::bigint;
  first := greatest(last + 1, clock + lead - greatest(clock + lead - last, 0) / 10 * (lead > 0)::int);
  ahead := CASE WHEN first - clock < 1000000 THEN 0 ELSE first - clock END;
  IF ahead = 0 THEN first := greatest(last + 1, clock); END IF;
  IF ahead <> lead THEN PERFORM setval('ledger.stamp_lead', ahead); END IF;
  PERFORM setval('ledger.stamps', first + amount - 1);
  PERFORM pg_advisory_unlock(1279607629);
  RETURN first;
EXCEPTION WHEN query_canceled OR OTHERS THEN
  PERFORM pg_advisory_unlock(1279607629); -- a session lock outlives the transaction: it must not leak with the error
  RAISE;
END $$;

-- As before; and the months from the ledger's own time on, where it runs ahead of the clock.
CREATE OR REPLACE FUNCTION ledger.create_partitions(months integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  parent text;
  child  text;
  month  timestamptz;
  made   integer := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(1279607630);
  FOREACH parent IN ARRAY ARRAY['journals', 'transfers', 'holds', 'refusals'] LOOP
    FOR month IN
      SELECT DISTINCT (date_trunc('month', time AT TIME ZONE 'UTC') + make_interval(months => ahead)) AT TIME ZONE 'UTC'
      FROM (VALUES (now()), (to_timestamp(ledger.clock() / 1000000.0))) AS t (time), generate_series(0, months) AS ahead
      ORDER BY 1
    LOOP
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
