-- What the server has to make while it runs are partitions. These functions make them with their owner's rights, so that the
-- role that serves need own no table: who owns one may take its triggers off, and rewrite what is append-only.
-- server/src/server-role-store.ts tells what that role may do; `countinghouse migrate --server-role` grants it.

-- Begins the epoch after the newest one. To be called under ROTATION.
CREATE FUNCTION runtime.begin_idempotency_epoch() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  begun integer := (SELECT max(epoch) + 1 FROM runtime.idempotency_epochs);
BEGIN
  EXECUTE format('CREATE TABLE runtime.%I PARTITION OF runtime.idempotency_keys FOR VALUES IN (%s)', 'idempotency_keys_' || begun, begun);
  INSERT INTO runtime.idempotency_epochs (epoch) VALUES (begun);
  RETURN begun;
END $$;

-- Forgets an epoch with all its keys; never the newest one.
CREATE FUNCTION runtime.drop_idempotency_epoch(old integer) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  DELETE FROM runtime.idempotency_epochs WHERE epoch = old AND epoch < (SELECT max(epoch) FROM runtime.idempotency_epochs);
  IF NOT FOUND THEN RAISE EXCEPTION 'epoch % is not one to drop', old; END IF;
  EXECUTE format('DROP TABLE runtime.%I', 'idempotency_keys_' || old);
END $$;
