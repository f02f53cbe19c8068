-- What every module stands on: the remembered answer to every keyed request, and the keys that encrypt
-- fields. The schema itself is made by server/src/runtime/migrations/migrate.ts, with the list of applied
-- migrations.

-- Idempotency: the remembered answers, in partitions ("epochs") that are dropped whole.
--
-- A key is unique within its epoch by the partition's primary key: of the key alone, as the whole table's
-- would have to contain the epoch. Across an epoch's change it stays unique because every writer holds
-- ROTATION (an advisory lock, shared) from before it reads the current epoch until it commits, and the change
-- takes the same lock alone: no transaction of the old epoch is under way when the new one begins.

CREATE TABLE runtime.idempotency_epochs (
  epoch      integer PRIMARY KEY,
  started_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE runtime.idempotency_keys (
  key_hash   uuid     NOT NULL, -- first 128 bits of SHA-256 over caller, NUL, key
  -- Of an answer remembered in short: the ledger's journal tells request and answer, and the texts here only
  -- what it does not tell.
  journal_id bigint,
  epoch      integer  NOT NULL,
  -- done, or the kind of the refusal: the numbers stand in server/src/runtime/idempotency.ts
  outcome    smallint NOT NULL CHECK (outcome BETWEEN 0 AND 8),
  answer     text     NOT NULL, -- JSON: the body as it was sent, or code and details of the refusal
  request    text,              -- JSON of the request, to name the fields that differ
  CHECK (journal_id IS NOT NULL AND outcome = 0 OR request IS NOT NULL)
) PARTITION BY LIST (epoch);

CREATE TABLE runtime.idempotency_keys_1 PARTITION OF runtime.idempotency_keys (PRIMARY KEY (key_hash))
  FOR VALUES IN (1);
INSERT INTO runtime.idempotency_epochs (epoch) VALUES (1);

-- Remembers answers of keys that nobody has looked for: fails where one of `keys` is remembered, of whatever
-- epoch. Who has decided without looking then looks, and decides again. Called behind the accounts' locks,
-- where others come to them behind ROTATION: it does not wait for that, or two could wait for each other.
CREATE FUNCTION runtime.remember_new(
  rotation bigint, keys uuid[], key_hashes uuid[], journal_ids bigint[], outcomes smallint[], answers text[],
  requests text[]
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF NOT pg_try_advisory_xact_lock_shared(rotation) THEN
    RAISE EXCEPTION 'the epoch of keys is about to change' USING ERRCODE = 'ST001';
  END IF;
  -- a statement of its own, which sees what was committed before the lock was there
  IF EXISTS (SELECT FROM runtime.idempotency_keys WHERE key_hash = ANY(keys)) THEN
    RAISE EXCEPTION 'a key is remembered' USING ERRCODE = 'ST001';
  END IF;
  INSERT INTO runtime.idempotency_keys (epoch, key_hash, journal_id, outcome, answer, request)
  SELECT (SELECT max(epoch) FROM runtime.idempotency_epochs), n.*
  FROM unnest(key_hashes, journal_ids, outcomes, answers, requests)
    AS n (key_hash, journal_id, outcome, answer, request)
  ORDER BY n.key_hash;
END $$;

-- What the server has to make while it runs are partitions. These functions make them with their owner's
-- rights, so that the role that serves need own no table: who owns one may take its triggers off, and rewrite
-- what is append-only. server/src/program/server-role-store.ts tells what that role may do; `countinghouse
-- migrate --server-role` grants it.

-- Begins the epoch after the newest one. To be called under ROTATION.
CREATE FUNCTION runtime.begin_idempotency_epoch() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog AS $$
DECLARE
  begun integer := (SELECT max(epoch) + 1 FROM runtime.idempotency_epochs);
BEGIN
  EXECUTE format(
    'CREATE TABLE runtime.%I PARTITION OF runtime.idempotency_keys (PRIMARY KEY (key_hash))
     FOR VALUES IN (%s)',
    'idempotency_keys_' || begun, begun);
  INSERT INTO runtime.idempotency_epochs (epoch) VALUES (begun);
  RETURN begun;
END $$;

-- Forgets an epoch with all its keys; never the newest one.
CREATE FUNCTION runtime.drop_idempotency_epoch(old integer) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog AS $$
BEGIN
  DELETE FROM runtime.idempotency_epochs WHERE epoch = old
    AND epoch < (SELECT max(epoch) FROM runtime.idempotency_epochs);
  IF NOT FOUND THEN RAISE EXCEPTION 'epoch % is not one to drop', old; END IF;
  EXECUTE format('DROP TABLE runtime.%I', 'idempotency_keys_' || old);
END $$;

-- Keys are never deleted: values written under an old one stay readable.
CREATE TABLE runtime.data_keys (
  -- given under an advisory lock, and authenticated with the wrapped key
  id         integer PRIMARY KEY,
  purpose    text NOT NULL CHECK (purpose IN ('values', 'index')),
  -- the data key, AES-256-GCM under the key-encryption key whose fingerprint it names
  wrapped    text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
-- A blind index must find tomorrow what it wrote today: its key is made once and never rotated.
CREATE UNIQUE INDEX data_keys_one_index ON runtime.data_keys (purpose) WHERE purpose = 'index';

-- One row that is written to find out whether anything can be: `/health/ready` asks so.
CREATE TABLE runtime.heartbeat (
  only_row boolean     PRIMARY KEY DEFAULT true CHECK (only_row),
  beat_at  timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 10);
INSERT INTO runtime.heartbeat DEFAULT VALUES;
