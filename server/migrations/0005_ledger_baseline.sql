-- The book: assets, accounts, transfers with their journals, holds. The README of modules/ledger tells it.
CREATE SCHEMA ledger;

CREATE TABLE ledger.assets (
  id     integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  code   text     NOT NULL UNIQUE CHECK (code ~ '^[A-Z0-9][A-Z0-9_.:-]{0,63}$'),
  kind   text     NOT NULL CHECK (kind IN ('money', 'security', 'stock')),
  scale  smallint NOT NULL CHECK (scale BETWEEN 0 AND 9),
  -- where not, what is there stays and can be moved, and nothing new begins
  active boolean  NOT NULL DEFAULT true CHECK (active OR kind <> 'stock'),
  -- what people call it and say of it
  name        text,
  description text,
  category    text,
  metadata    text,
  version     integer NOT NULL DEFAULT 1 -- of all this but what never changes
);

INSERT INTO ledger.assets (code, kind, scale) VALUES
  ('USD', 'money', 2), ('EUR', 'money', 2), ('GBP', 'money', 2), ('CHF', 'money', 2), ('CAD', 'money', 2),
  ('AUD', 'money', 2), ('SEK', 'money', 2), ('NOK', 'money', 2), ('DKK', 'money', 2), ('PLN', 'money', 2),
  ('CZK', 'money', 2), ('INR', 'money', 2),
  ('CNY', 'money', 2), ('JPY', 'money', 0), ('KRW', 'money', 0), ('KWD', 'money', 3), ('BTC', 'security', 8);

-- Units of stock are one asset: each SKU at each location has an account in it, and the accounts never trade
-- with each other, only with `world` and `sold`. An asset per SKU would prove no more and cost eight system
-- accounts each.
INSERT INTO ledger.assets (code, kind, scale) VALUES ('UNIT', 'stock', 0);

-- One row per account, narrow and without an index on a changing column, so that every update stays on its
-- page. balance = credits_posted - debits_posted; available = balance - debits_pending + credit_limit. Money
-- on its way in is not kept here but derived from the active holds, so that a hold locks the payer alone. A
-- system account's row never changes: its sums lie in system_balances.
CREATE TABLE ledger.accounts (
  -- behind the system accounts of the assets below, customers' accounts begin at 1109
  id              bigint GENERATED ALWAYS AS IDENTITY (START WITH 965) PRIMARY KEY,
  asset_id        integer  NOT NULL REFERENCES ledger.assets,
  system          boolean  NOT NULL DEFAULT false,
  state           smallint NOT NULL DEFAULT 1 CHECK (state IN (1, 2, 3)), -- open, frozen, closed
  debits_posted   bigint   NOT NULL DEFAULT 0 CHECK (debits_posted >= 0),
  credits_posted  bigint   NOT NULL DEFAULT 0 CHECK (credits_posted >= 0),
  debits_pending  bigint   NOT NULL DEFAULT 0 CHECK (debits_pending >= 0),
  credit_limit    bigint   NOT NULL DEFAULT 0 CHECK (credit_limit >= 0),
  version         bigint   NOT NULL DEFAULT 0, -- counts the changes of this row, whoever makes them
  -- of the last batch that was decided on it: the next one's lie after it
  last_stamp      bigint   NOT NULL DEFAULT 0,
  -- no hold on this account expires before this stamp; null: none expires
  next_expiry     bigint,
  -- available >= 0, in a form where no step can overflow
  CONSTRAINT accounts_not_overdrawn CHECK (
    system OR credits_posted - debits_pending >= debits_posted - credit_limit),
  CONSTRAINT accounts_closed_empty CHECK (
    state <> 3 OR (credits_posted = debits_posted AND debits_pending = 0)),
  CONSTRAINT accounts_system_untouched CHECK (
    NOT system OR (debits_posted = 0 AND credits_posted = 0 AND debits_pending = 0))
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.1);
-- Few accounts are ever frozen or closed. An update that leaves the state alone does not touch this index.
CREATE INDEX accounts_not_open ON ledger.accounts (id) WHERE NOT system AND state <> 1;

-- Processes remember accounts by version and decide on what they remember: a change that raised no version
-- would go unseen. The book raises it itself; for whoever else writes this raises it.
CREATE FUNCTION ledger.raise_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.version := OLD.version + 1;
  RETURN NEW;
END $$;
CREATE TRIGGER accounts_versioned BEFORE UPDATE ON ledger.accounts FOR EACH ROW
  WHEN (NEW.version <= OLD.version
    AND (NEW.asset_id, NEW.system, NEW.state, NEW.debits_posted, NEW.credits_posted, NEW.debits_pending,
         NEW.credit_limit, NEW.next_expiry)
      IS DISTINCT FROM
        (OLD.asset_id, OLD.system, OLD.state, OLD.debits_posted, OLD.credits_posted, OLD.debits_pending,
         OLD.credit_limit, OLD.next_expiry))
  EXECUTE FUNCTION ledger.raise_version();

-- Every change of an account's rules, so that "available at a moment" is exact for ever. The id is a stamp
-- taken under the account's lock, which puts changes and transfers of one account in one order.
CREATE TABLE ledger.account_changes (
  id                  bigint   PRIMARY KEY,
  account_id          bigint   NOT NULL REFERENCES ledger.accounts,
  actor_id            text     NOT NULL,
  credit_limit_before bigint   NOT NULL,
  credit_limit_after  bigint   NOT NULL CHECK (credit_limit_after >= 0),
  state_before        smallint NOT NULL CHECK (state_before IN (1, 2)), -- a closed account stays closed
  state_after         smallint NOT NULL CHECK (state_after IN (1, 2, 3))
);
CREATE INDEX account_changes_by_account ON ledger.account_changes (account_id, id);

CREATE TABLE ledger.system_accounts (
  asset_id   integer NOT NULL REFERENCES ledger.assets,
  name       text    NOT NULL CHECK (name ~ '^[a-z][a-z0-9_]{0,62}$'),
  account_id bigint  NOT NULL UNIQUE REFERENCES ledger.accounts,
  PRIMARY KEY (asset_id, name)
);

-- A system account carries no floor, so nobody needs its balance to decide: each batch adds to one stripe of
-- many, chosen by chance, and hardly ever waits for another. numeric, because these sums know no bound.
CREATE TABLE ledger.system_balances (
  account_id      bigint   NOT NULL REFERENCES ledger.accounts,
  stripe          smallint NOT NULL,
  debits_posted   numeric  NOT NULL DEFAULT 0,
  credits_posted  numeric  NOT NULL DEFAULT 0,
  debits_pending  numeric  NOT NULL DEFAULT 0,
  PRIMARY KEY (account_id, stripe)
) WITH (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- Stamps: the commit clock. A stamp is the time in microseconds since 1970, made unique and ever growing, and
-- is the id of a transfer, a journal, a hold or a refusal. It is taken after the accounts are locked, so for
-- each account the order of ids is the order of commits; and since it is a time, "balance at a moment" is a
-- search by id.
CREATE SEQUENCE ledger.stamps AS bigint CACHE 1;

-- By how many microseconds stamps run ahead of the database's clock; 0 as long as it was never set back by a
-- second or more. Stamps only grow: without this they would stand still, a microsecond a posting, until the
-- clock has caught up, and whatever counts what came in the last minute would count hours.
CREATE SEQUENCE ledger.stamp_lead AS bigint MINVALUE 0 START 0;

-- The ledger's time: what the next stamp would be, but for those taken meanwhile.
CREATE FUNCTION ledger.clock() RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT greatest(
    (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + (SELECT last_value FROM ledger.stamp_lead),
    (SELECT last_value FROM ledger.stamps))
$$;

-- Takes `amount` consecutive stamps and returns the first. The lock is held for this call only, not until
-- commit. Where the clock was set back by a second or more, stamps go on from where they were at nine tenths
-- of its pace, until it has caught up.
CREATE FUNCTION ledger.take_stamps(amount integer) RETURNS bigint LANGUAGE plpgsql AS $$
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
  -- a session lock outlives the transaction: it must not leak with the error
  PERFORM pg_advisory_unlock(1279607629);
  RAISE;
END $$;

-- How the clock was seen last: tells once it is set back by how much, and what was stored while it ran ahead.
CREATE TABLE ledger.clock_watch (
  one   boolean PRIMARY KEY DEFAULT true CHECK (one),
  lead  bigint NOT NULL, -- microseconds by which stamps ran ahead of it
  stamp bigint NOT NULL, -- the newest then
  seen_at bigint NOT NULL DEFAULT 0 -- what it said, in microseconds since 1970
);
INSERT INTO ledger.clock_watch (lead, stamp) VALUES (0, 0);

-- Stamps taken ahead, for batches that are decided before they reach the database. Whoever makes a moment
-- final raises `settlings`: stamps that were taken ahead before that are not used any more.
CREATE SEQUENCE ledger.settlings AS bigint MINVALUE 0 START 0;
SELECT nextval('ledger.settlings');

CREATE FUNCTION ledger.take_stamps_ahead(
  amount integer, OUT settling bigint, OUT first bigint, OUT clock bigint
) LANGUAGE plpgsql AS $$
BEGIN
  -- before the stamps: a settling in between spoils them
  settling := (SELECT last_value FROM ledger.settlings);
  first := ledger.take_stamps(amount);
  clock := (extract(epoch FROM clock_timestamp()) * 1000000)::bigint;
END $$;

-- Claims stamps that a process has chosen by what it knows of this clock, as if they were taken now. Fails
-- the transaction where others have taken later ones, where they lie ahead of the clock, and where a moment
-- was made final since that was told.
CREATE FUNCTION ledger.claim_stamps(first bigint, amount integer, settling bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_lock(1279607629);
  IF first <= (SELECT last_value FROM ledger.stamps)
    OR first > (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
    OR settling <> (SELECT last_value FROM ledger.settlings)
  THEN
    RAISE EXCEPTION 'these stamps are not to be had' USING ERRCODE = 'ST001';
  END IF;
  PERFORM setval('ledger.stamps', first + amount - 1);
  PERFORM pg_advisory_unlock(1279607629);
EXCEPTION WHEN query_canceled OR OTHERS THEN
  PERFORM pg_advisory_unlock(1279607629); -- as in take_stamps
  RAISE;
END $$;

-- Fails the transaction where its stamps are of a moment that has become final since, or a second old. To be
-- called behind the accounts' locks: whoever settles raises `settlings` first and waits for the locks then.
CREATE FUNCTION ledger.expect_ahead(first bigint, settling bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF settling <> (SELECT last_value FROM ledger.settlings) OR first < ledger.clock() - 1000000 THEN
    RAISE EXCEPTION 'stamps taken ahead are no longer to be used' USING ERRCODE = 'ST001';
  END IF;
END $$;

-- A transfer, and with the first of a journal what happened, as a customer's statement names it. A journal's
-- transfers have the ids id .. id + transfer_count - 1, so the first has the journal's own. What follows
-- `credit_after` is the journal's: it stands on the first transfer, and on no other. The capture of a hold
-- is no first transfer: its journal is the hold. The wide columns come first, because an absent one takes no
-- room, and the others then need no padding.
CREATE TABLE ledger.transfers (
  id                bigint NOT NULL PRIMARY KEY,
  journal_id        bigint NOT NULL,
  debit_account_id  bigint NOT NULL,
  credit_account_id bigint NOT NULL CHECK (credit_account_id <> debit_account_id),
  amount            bigint NOT NULL CHECK (amount > 0),
  debit_after       bigint,             -- posted balance after this transfer; null for a system account
  credit_after      bigint,
  effective_at      timestamptz,
  owner_id          bigint,             -- with owner_type whose commands alone move it; null: nobody's
  transfer_count    smallint CHECK (transfer_count BETWEEN 1 AND 1000),
  kind              smallint,
  actor_id          text,
  reference         text,
  metadata          text,
  owner_type        text CHECK (owner_type IN ('order', 'payment', 'credit_note', 'trade_order', 'position')),
  CONSTRAINT transfers_first_has_journal CHECK (CASE WHEN id = journal_id
    THEN num_nulls(transfer_count, kind, actor_id) = 0
    ELSE num_nonnulls(effective_at, owner_id, transfer_count, kind, actor_id, reference, metadata) = 0 END),
  CHECK ((owner_type IS NULL) = (owner_id IS NULL)),
  CONSTRAINT transfers_of_orders_owned CHECK (kind NOT IN (4, 5, 6) OR owner_id IS NOT NULL)
) PARTITION BY RANGE (id);
CREATE INDEX transfers_by_debit_account ON ledger.transfers (debit_account_id, id);
CREATE INDEX transfers_by_credit_account ON ledger.transfers (credit_account_id, id);
CREATE INDEX transfers_by_reference ON ledger.transfers (reference, id) WHERE reference IS NOT NULL;

-- A hold, and its journal.
CREATE TABLE ledger.holds (
  id                bigint   NOT NULL PRIMARY KEY, -- its journal's id
  debit_account_id  bigint   NOT NULL,
  credit_account_id bigint   NOT NULL CHECK (credit_account_id <> debit_account_id),
  amount            bigint   NOT NULL CHECK (amount > 0),
  captured          bigint   NOT NULL DEFAULT 0 CHECK (captured BETWEEN 0 AND amount),
  expires_at        bigint,             -- stamp
  closed_at         bigint,             -- stamp; of a captured hold the id of its last transfer
  effective_at      timestamptz,
  owner_id          bigint,             -- as of transfers
  -- active, captured, released, expired
  state             smallint NOT NULL DEFAULT 1 CHECK (state IN (1, 2, 3, 4)),
  kind              smallint NOT NULL,
  actor_id          text     NOT NULL,
  reference         text,
  metadata          text,
  owner_type        text CHECK (owner_type IN ('order', 'payment', 'credit_note', 'trade_order', 'position')),
  CHECK ((state = 1) = (closed_at IS NULL)),
  -- an active hold may be captured in part, one that ended is captured or nothing of it is
  CHECK (state = 1 OR (state = 2) = (captured > 0)),
  CHECK (state <> 1 OR captured < amount),
  CHECK ((owner_type IS NULL) = (owner_id IS NULL)),
  CONSTRAINT holds_of_orders_owned CHECK (kind NOT IN (4, 5, 6) OR owner_id IS NOT NULL)
) PARTITION BY RANGE (id);
CREATE INDEX holds_active_by_account ON ledger.holds (debit_account_id, expires_at) WHERE state = 1;
CREATE INDEX holds_active_by_expiry ON ledger.holds (expires_at) WHERE state = 1 AND expires_at IS NOT NULL;
CREATE INDEX holds_by_debit_account ON ledger.holds (debit_account_id, id);
-- How many were placed of late and are open: whatever the number of those that have ended.
CREATE INDEX holds_open_by_debit_account ON ledger.holds (debit_account_id, id) WHERE closed_at IS NULL;
-- What was given back, for statements.
CREATE INDEX holds_given_back ON ledger.holds (debit_account_id, closed_at)
  WHERE closed_at IS NOT NULL AND captured < amount;
CREATE INDEX holds_by_credit_account ON ledger.holds (credit_account_id, id);
-- Money on its way in is derived from the active holds at every reading of a balance.
CREATE INDEX holds_active_by_credit_account ON ledger.holds (credit_account_id) WHERE state = 1;
CREATE INDEX holds_by_reference ON ledger.holds (reference, id) WHERE reference IS NOT NULL;

-- What happened, whichever row carries it. A hold's journal has no transfers until the hold is captured. Read
-- one by its id, or a few by reference; who reads many reads the tables.
CREATE VIEW ledger.journals AS
  SELECT id, kind, transfer_count, actor_id, reference, metadata, effective_at, owner_type, owner_id
  FROM ledger.transfers
  WHERE transfer_count IS NOT NULL
  UNION ALL
  SELECT id, kind, 0::smallint, actor_id, reference, metadata, effective_at, owner_type, owner_id
  FROM ledger.holds;

-- Parts of holds that transfers of other journals were paid out of; the rest stays held.
CREATE TABLE ledger.captures (
  transfer_id bigint PRIMARY KEY,
  hold_id     bigint NOT NULL,
  amount      bigint NOT NULL CHECK (amount > 0)
);
CREATE INDEX captures_by_hold ON ledger.captures (hold_id, transfer_id);

-- Journals that a rule refused: they moved nothing, but the customer may ask.
CREATE TABLE ledger.refusals (
  id                bigint   NOT NULL PRIMARY KEY,
  kind              smallint NOT NULL,
  code              text     NOT NULL,
  debit_account_id  bigint   NOT NULL,
  credit_account_id bigint   NOT NULL,
  amount            bigint   NOT NULL,
  actor_id          text     NOT NULL,
  reference         text,
  metadata          text
) PARTITION BY RANGE (id);
CREATE INDEX refusals_by_debit_account ON ledger.refusals (debit_account_id, id);
CREATE INDEX refusals_by_credit_account ON ledger.refusals (credit_account_id, id);
CREATE INDEX refusals_by_reference ON ledger.refusals (reference, id) WHERE reference IS NOT NULL;

-- A journal is reversed at most once: the primary key says so.
CREATE TABLE ledger.reversals (
  reversed_id bigint PRIMARY KEY,
  journal_id  bigint NOT NULL UNIQUE
);

-- Fails the transaction where a write reached fewer rows than it was decided on: somebody changed one
-- meanwhile. Under the accounts' locks nobody can; who decides without them decides again under them.
CREATE FUNCTION ledger.expect_rows(actual bigint, expected integer, what text) RETURNS void LANGUAGE plpgsql
  AS $$
BEGIN
  IF actual <> expected THEN
    RAISE EXCEPTION 'wrote % of % %: a row was changed outside the lock of its account', actual, expected,
      what USING ERRCODE = 'ST001';
  END IF;
END $$;

-- What `countinghouse verify` has found in order, so that the next run need not begin at the first transfer.

-- One row: up to which stamp everything agrees. No transfer with an id up to it can still appear.
CREATE TABLE ledger.verifications (
  only_row        boolean     PRIMARY KEY DEFAULT true CHECK (only_row),
  verified_until  bigint      NOT NULL, -- stamp
  -- Holds placed up to then and not ended yet; those that had ended never change again.
  active_hold_ids bigint[]    NOT NULL,
  verified_at     timestamptz NOT NULL DEFAULT now()
);

-- The sums of all transfers up to `verified_until`, of accounts that have any. numeric: a system account's
-- know no bound.
CREATE TABLE ledger.verified_accounts (
  account_id bigint  PRIMARY KEY,
  debits     numeric NOT NULL,
  credits    numeric NOT NULL
);

-- Tables in monthly partitions by stamp are marked by their comment, those of higher modules too.
COMMENT ON TABLE ledger.transfers IS 'monthly partitions';
COMMENT ON TABLE ledger.holds IS 'monthly partitions';
COMMENT ON TABLE ledger.refusals IS 'monthly partitions';

CREATE VIEW ledger.monthly_tables AS
SELECT n.nspname AS schema, c.relname AS name
FROM pg_partitioned_table p
JOIN pg_class c ON c.oid = p.partrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE obj_description(c.oid, 'pg_class') = 'monthly partitions';

-- Creates their partitions from the current month to `months` ahead, and those from the ledger's own
-- time on where it runs ahead of the clock. Returns how many it made. They are made aside and then attached:
-- CREATE TABLE ... PARTITION OF takes ACCESS EXCLUSIVE on the parent, behind one long report it would wait,
-- and every reader and writer behind it. ATTACH lets both go on. Made with the owner's rights, so that the
-- role that serves need own no table (the runtime's baseline tells why).
CREATE FUNCTION ledger.create_partitions(months integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  parent record;
  child  text;
  month  timestamptz;
  made   integer := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(1279607630);
  FOR parent IN SELECT * FROM ledger.monthly_tables ORDER BY schema, name LOOP
    FOR month IN
      SELECT DISTINCT
        (date_trunc('month', time AT TIME ZONE 'UTC') + make_interval(months => ahead)) AT TIME ZONE 'UTC'
      FROM (VALUES (now()), (to_timestamp(ledger.clock() / 1000000.0))) AS t (time),
        generate_series(0, months) AS ahead
      ORDER BY 1
    LOOP
      child := parent.name || '_' || to_char(month AT TIME ZONE 'UTC', 'YYYY_MM');
      IF to_regclass(format('%I.%I', parent.schema, child)) IS NULL THEN
        EXECUTE format('CREATE TABLE %1$I.%2$I (LIKE %1$I.%3$I INCLUDING ALL)',
          parent.schema,
          child,
          parent.name);
        EXECUTE format('ALTER TABLE %1$I.%2$I ATTACH PARTITION %1$I.%3$I FOR VALUES FROM (%4$s) TO (%5$s)',
          parent.schema,
          parent.name,
          child,
          (extract(epoch FROM month) * 1000000)::bigint,
          (extract(epoch FROM date_trunc('month', month + interval '32 days', 'UTC')) * 1000000)::bigint);
        made := made + 1;
      END IF;
    END LOOP;
  END LOOP;
  RETURN made;
END $$;
SELECT ledger.create_partitions(3);
