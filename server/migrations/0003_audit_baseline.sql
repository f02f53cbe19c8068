-- The audit trail: entries that wait, the chain they become, the values in them that may be forgotten, the
-- hash tiles and checkpoints of the two transparency logs, and how far the trail was sent to foreign systems.
CREATE SCHEMA audit;

-- Audit entries as they were written with their acts, waiting for the sequencer that chains them. A writer
-- that commits one row after another (the command desk) numbers them: a number that never arrives is a row
-- that somebody removed before it was chained. Other writers leave both null.
CREATE TABLE audit.pending (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  entries    text NOT NULL,             -- JSON array of entries
  written_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  writer     uuid,
  number     bigint,
  CHECK ((writer IS NULL) = (number IS NULL))
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
  autovacuum_vacuum_insert_threshold = -1);
-- A waiting row lives for a moment: compressing it cost more than everything else about it
-- (bench/rows/audit-cost.ts).
ALTER TABLE audit.pending ALTER COLUMN entries SET STORAGE EXTERNAL;

-- Pending rows leave through the sequencer alone, which says so in its transaction.
CREATE FUNCTION audit.guard_pending() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND current_setting('audit.sequencing', true) = 'yes' THEN RETURN NULL; END IF;
  RAISE EXCEPTION 'audit.pending: % refused; only the sequencer takes rows away', lower(TG_OP)
    USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER pending_guarded BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.pending FOR EACH STATEMENT
  EXECUTE FUNCTION audit.guard_pending();

-- How far each writer's numbers were chained.
CREATE TABLE audit.writers (
  writer      uuid        PRIMARY KEY,
  last_number bigint      NOT NULL,
  seen_at     timestamptz NOT NULL DEFAULT now()
);

-- seq is the entry's place in the chain and the index of its leaf in the log `entries`.
CREATE TABLE audit.entries (
  seq           bigint      NOT NULL PRIMARY KEY CHECK (seq >= 0),
  written_at    timestamptz NOT NULL,
  event         text        NOT NULL,
  actor_id      text        NOT NULL,
  resource_type text,
  resource_id   text,
  succeeded     boolean     NOT NULL,
  -- canonical JSON: the bytes that are hashed; the columns above repeat it for searching
  body          text        NOT NULL,
  -- SHA-256(chain hash before || SHA-256(0x00 || body))
  chain_hash    bytea       NOT NULL CHECK (length(chain_hash) = 32)
) PARTITION BY RANGE (seq);
CREATE INDEX entries_by_actor ON audit.entries (actor_id, seq);
CREATE INDEX entries_by_resource ON audit.entries (resource_id, seq) WHERE resource_id IS NOT NULL;
CREATE INDEX entries_by_time ON audit.entries USING brin (written_at);

CREATE FUNCTION audit.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%.% is append-only: % refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, lower(TG_OP)
    USING ERRCODE = 'insufficient_privilege';
END $$;
-- Row triggers pass on to partitions; those of TRUNCATE do not, so each partition gets its own.
CREATE TRIGGER entries_append_only BEFORE UPDATE OR DELETE ON audit.entries FOR EACH ROW
  EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON audit.entries FOR EACH STATEMENT
  EXECUTE FUNCTION audit.refuse_change();
REVOKE UPDATE, DELETE, TRUNCATE ON audit.entries FROM PUBLIC, CURRENT_USER;

-- Partition `number` holds ten million entries. Made with the owner's rights, so that the role that serves
-- need own no table (the runtime's baseline tells why).
CREATE FUNCTION audit.create_entries_partition(number bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  name text := 'entries_' || lpad(number::text, 5, '0');
BEGIN
  IF to_regclass('audit.' || name) IS NOT NULL THEN RETURN; END IF;
  EXECUTE format('CREATE TABLE audit.%I PARTITION OF audit.entries FOR VALUES FROM (%s) TO (%s)', name,
    number * 10000000, (number + 1) * 10000000);
  EXECUTE format(
    'CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON audit.%I FOR EACH STATEMENT '
    'EXECUTE FUNCTION audit.refuse_change()', name);
  EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON audit.%I FROM PUBLIC, CURRENT_USER', name);
END $$;
SELECT audit.create_entries_partition(0), audit.create_entries_partition(1);

-- Personal values of entries, whose bodies hold only SHA-256(salt || value). Deleting a row forgets the
-- value; the chain stays whole.
CREATE TABLE audit.personal_values (
  commitment bytea       PRIMARY KEY,
  subject_id text        NOT NULL, -- whose value it is
  name       text        NOT NULL,
  sealed     text        NOT NULL  -- encrypted JSON {"salt", "value"}
);
CREATE INDEX personal_values_by_subject ON audit.personal_values (subject_id);
-- Values written before this moment are not kept even where they are chained after it.
CREATE TABLE audit.erasures (
  subject_id text        PRIMARY KEY,
  erased_at  timestamptz NOT NULL
);

-- The transparency logs. 1: entries, in the order of seq. 2: the ledger's transfers, in the order of their
-- ids.
CREATE TABLE audit.logs (
  log      smallint PRIMARY KEY,
  name     text     NOT NULL UNIQUE,
  size     bigint   NOT NULL DEFAULT 0, -- leaves
  last_key bigint   NOT NULL DEFAULT -1 -- seq or transfer id of the last leaf
);
INSERT INTO audit.logs (log, name) VALUES (1, 'entries'), (2, 'transfers');

-- A tile of level L holds up to 256 hashes, each the root of 256^L leaves; the last one of a level may be
-- partial.
CREATE TABLE audit.tiles (
  log       smallint NOT NULL REFERENCES audit.logs,
  level     smallint NOT NULL CHECK (level BETWEEN 0 AND 7),
  position  bigint   NOT NULL,
  first_key bigint,               -- of level 0: key of its first leaf
  hashes    bytea    NOT NULL CHECK (length(hashes) % 32 = 0 AND length(hashes) BETWEEN 32 AND 8192),
  PRIMARY KEY (log, level, position)
);
CREATE INDEX tiles_by_key ON audit.tiles (log, first_key) WHERE level = 0;

-- Signed statements of how many leaves a log has and what their Merkle root is: C2SP checkpoints, as they
-- were published.
CREATE TABLE audit.checkpoints (
  log       smallint    NOT NULL REFERENCES audit.logs,
  size      bigint      NOT NULL CHECK (size >= 0),
  root      bytea       NOT NULL CHECK (length(root) = 32),
  note      text        NOT NULL,
  signed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (log, size)
);

-- Keys that have signed checkpoints, in the form that verifiers read. An old one stays: its checkpoints do.
CREATE TABLE audit.signing_keys (
  verifier_key  text        PRIMARY KEY,
  first_used_at timestamptz NOT NULL DEFAULT now()
);

CREATE TRIGGER checkpoints_append_only BEFORE UPDATE OR DELETE ON audit.checkpoints FOR EACH ROW
  EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER checkpoints_no_truncate BEFORE TRUNCATE ON audit.checkpoints FOR EACH STATEMENT
  EXECUTE FUNCTION audit.refuse_change();
REVOKE UPDATE, DELETE, TRUNCATE ON audit.checkpoints FROM PUBLIC, CURRENT_USER;

-- How far the trail was sent to each foreign system, and what that system would not take.
CREATE TABLE audit.sinks (
  name       text        PRIMARY KEY,
  next_seq   bigint      NOT NULL DEFAULT 0, -- the first entry that was not sent yet
  failures   integer     NOT NULL DEFAULT 0, -- since the last success
  retry_at   timestamptz,                    -- null: now
  last_error text
);

CREATE TABLE audit.sink_dead_letters (
  sink    text        NOT NULL,
  seq     bigint      NOT NULL,
  error   text        NOT NULL,
  died_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (sink, seq)
);
