-- Trading: instruments, their quotes, orders to buy and sell them, and what those came to. Prices are kept in
-- billionths of the instrument's currency, quantities in the asset's smallest unit, money in the currency's.
CREATE SCHEMA trading;

CREATE TABLE trading.instruments (
  id               bigint   GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  symbol           text     COLLATE "C" NOT NULL UNIQUE CHECK (symbol ~ '^[A-Z0-9][A-Z0-9_.:/-]{0,63}$'),
  name             text     NOT NULL,
  asset            text     NOT NULL,
  currency         text     NOT NULL CHECK (currency <> asset),
  venue            smallint NOT NULL DEFAULT 1 CHECK (venue IN (1, 2)), -- quote, book
  tick             bigint   NOT NULL CHECK (tick > 0),
  lot              bigint   NOT NULL CHECK (lot > 0),
  least_quantity   bigint   NOT NULL CHECK (least_quantity > 0),
  most_quantity    bigint   CHECK (most_quantity >= least_quantity),
  least_notional   bigint   CHECK (least_notional > 0),
  most_notional    bigint   CHECK (most_notional >= coalesce(least_notional, 1)),
  band             integer  CHECK (band BETWEEN 1 AND 10000), -- basis points of the last price
  fee              integer  NOT NULL CHECK (fee BETWEEN 0 AND 10000), -- basis points of the money
  maker_fee        integer  NOT NULL CHECK (maker_fee BETWEEN 0 AND 10000), -- of what rested in its book
  least_fee        bigint   NOT NULL CHECK (least_fee >= 0),
  stale_after      integer  CHECK (stale_after > 0), -- seconds; null: a quote never grows too old
  time_zone        text     NOT NULL,
  -- minutes of the day there; null: always open
  opens_at         smallint CHECK (opens_at BETWEEN 0 AND 1439),
  closes_at        smallint CHECK (closes_at BETWEEN 1 AND 1440),
  weekdays         smallint NOT NULL CHECK (weekdays BETWEEN 1 AND 127), -- bit 0 is Monday
  state            smallint NOT NULL CHECK (state IN (1, 2, 3)), -- open, halted, closed
  state_reason     text,
  session          integer  NOT NULL DEFAULT 0, -- counts its closings: an order for the day is of one session
  quote_id         bigint,                      -- the newest that counts
  quote_bid        bigint   CHECK (quote_bid > 0),
  quote_ask        bigint   CHECK (quote_ask >= quote_bid),
  quote_last       bigint   CHECK (quote_last > 0),
  quote_time       bigint,
  quote_source     text,
  quote_sequence   bigint,
  quote_fires      boolean,                     -- it came while the instrument was open
  quote_count      bigint   NOT NULL DEFAULT 0, -- how many have counted: the newest has this number
  -- its book: counts the changes, with a stamp that no other change has, also where a change was undone
  book_seq         bigint   NOT NULL DEFAULT 0,
  book_stamp       bigint   NOT NULL DEFAULT 0,
  quoted_seq       bigint   NOT NULL DEFAULT 0, -- its trades up to this change were shown as quotes
  version          integer  NOT NULL DEFAULT 1, -- of its terms and state; quotes do not change it
  created_at       timestamptz NOT NULL DEFAULT now(),
  updated_at       timestamptz NOT NULL DEFAULT now(),
  CHECK ((opens_at IS NULL) = (closes_at IS NULL)),
  CHECK (opens_at < closes_at)
) WITH (fillfactor = 50);

-- Every quote that counted, in monthly partitions. The id is a stamp taken before the instrument was locked,
-- the number counts under the lock: numbers of an instrument have no gap and are in the order of the commits.
CREATE TABLE trading.quotes (
  id            bigint  PRIMARY KEY,
  instrument_id bigint  NOT NULL,
  number        bigint  NOT NULL CHECK (number > 0),
  bid           bigint  NOT NULL CHECK (bid > 0),
  ask           bigint  NOT NULL CHECK (ask >= bid),
  last          bigint  NOT NULL CHECK (last > 0),
  time          bigint  NOT NULL, -- stamp: when the source says that it was
  source        text    NOT NULL,
  sequence      bigint,
  fires         boolean NOT NULL -- it came while the instrument was open
) PARTITION BY RANGE (id);
CREATE INDEX quotes_by_number ON trading.quotes (instrument_id, number);
CREATE INDEX quotes_by_time ON trading.quotes (instrument_id, time, id);

-- The first months; later ones are made by the ledger's upkeep.
COMMENT ON TABLE trading.quotes IS 'monthly partitions';
DO $$
DECLARE
  month timestamp;
BEGIN
  FOR ahead IN 0..3 LOOP
    month := date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => ahead);
    EXECUTE format('CREATE TABLE trading.%I PARTITION OF trading.quotes FOR VALUES FROM (%s) TO (%s)',
      'quotes_' || to_char(month, 'YYYY_MM'),
      (extract(epoch FROM month) * 1000000)::bigint,
      (extract(epoch FROM month + interval '1 month') * 1000000)::bigint);
  END LOOP;
END $$;

-- Drops the partitions of quotes whose month ended `months` months ago. Returns how many. With the owner's
-- rights, and only of quotes. Waits two seconds for who reads them, then fails: the next upkeep tries again.
CREATE FUNCTION trading.drop_quotes(months integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog SET lock_timeout = '2s' AS $$
DECLARE
  child   text;
  first   date    := (now() AT TIME ZONE 'UTC')::date - make_interval(months => months);
  oldest  text    := 'quotes_' || to_char(first, 'YYYY_MM');
  dropped integer := 0;
BEGIN
  IF months < 1 THEN
    RAISE EXCEPTION 'quotes of at least one whole month are kept';
  END IF;
  FOR child IN
    SELECT c.relname
    FROM pg_inherits i
    JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'trading.quotes'::regclass AND c.relname < oldest
    ORDER BY c.relname
  LOOP
    EXECUTE format('DROP TABLE trading.%I', child);
    dropped := dropped + 1;
  END LOOP;
  RETURN dropped;
END $$;

-- What the quotes of a time came to: the last price of each, as they counted.
CREATE TABLE trading.candles (
  instrument_id bigint   NOT NULL,
  interval      smallint NOT NULL CHECK (interval IN (1, 2, 3, 4)), -- 1m, 5m, 1h, 1d
  starts_at     bigint   NOT NULL, -- stamp
  open          bigint   NOT NULL CHECK (open BETWEEN low AND high),
  high          bigint   NOT NULL,
  low           bigint   NOT NULL CHECK (low > 0),
  close         bigint   NOT NULL CHECK (close BETWEEN low AND high),
  quotes        bigint   NOT NULL CHECK (quotes > 0), -- how many
  PRIMARY KEY (instrument_id, interval, starts_at)
) WITH (fillfactor = 70);

CREATE TABLE trading.orders (
  id                bigint   PRIMARY KEY, -- stamp
  owner_id          text     NOT NULL,
  placed_by         text     NOT NULL,
  client_order_id   text,
  request_hash      text     NOT NULL, -- of what was asked: the same again is answered with this order
  instrument_id     bigint   NOT NULL REFERENCES trading.instruments,
  cash_account_id   bigint   NOT NULL,
  asset_account_id  bigint   NOT NULL,
  side              smallint NOT NULL CHECK (side IN (1, 2)), -- buy, sell
  type              smallint NOT NULL CHECK (type BETWEEN 1 AND 7),
  time_in_force     smallint NOT NULL CHECK (time_in_force BETWEEN 1 AND 5),
  quantity          bigint   NOT NULL CHECK (quantity > 0),
  limit_price       bigint   CHECK (limit_price > 0),
  stop_price        bigint   CHECK (stop_price > 0),
  trail_amount      bigint   CHECK (trail_amount > 0),
  trail_percent     integer  CHECK (trail_percent BETWEEN 1 AND 9999), -- basis points
  trigger_by        smallint NOT NULL CHECK (trigger_by BETWEEN 1 AND 4), -- last, bid, ask, mid
  expires_at        bigint,
  session           integer,  -- of an order for the day: the one that it ends with
  state             smallint NOT NULL CHECK (state BETWEEN 1 AND 8),
  -- what a quote must reach to move it on; null where none does
  watch_price       bigint   CHECK (watch_price > 0),
  watch_by          smallint CHECK (watch_by BETWEEN 1 AND 4),
  watch_from        smallint CHECK (watch_from IN (1, 2)), -- 1: reached from above (<=), 2: from below (>=)
  extreme           bigint,   -- of a trailing stop: the highest (buying: the lowest) price it has seen
  seen_quote        bigint   NOT NULL DEFAULT 0, -- number of the newest quote when it was saved last
  filled            bigint   NOT NULL DEFAULT 0 CHECK (filled BETWEEN 0 AND quantity),
  money             bigint   NOT NULL DEFAULT 0 CHECK (money >= 0),
  fees              bigint   NOT NULL DEFAULT 0 CHECK (fees >= 0),
  hold_id           bigint,
  held              bigint   NOT NULL DEFAULT 0 CHECK (held >= 0),
  group_id          bigint,   -- orders of which one ends the others: the first one's id
  parent_id         bigint,   -- the entry whose fill brings it to life
  fired_quote_id    bigint,
  fired_price       bigint,
  fired_at          bigint,
  fired_extreme     bigint,
  fired_dealt       bigint,   -- where an order of its side was dealt then
  quoted_bid        bigint,   -- at placing
  quoted_ask        bigint,
  chosen_lots       text,     -- of a sale: JSON, the lots to be sold
  reason            text,
  post_only         boolean  NOT NULL DEFAULT false,
  reduce_only       boolean  NOT NULL DEFAULT false,
  self_trade        smallint NOT NULL DEFAULT 1 CHECK (self_trade BETWEEN 1 AND 4),
  maker_money       bigint   NOT NULL DEFAULT 0 CHECK (maker_money BETWEEN 0 AND money),
  -- its place in the book among orders of its price: the change that gave it; null: it is not in the book
  priority          bigint   CHECK (priority > 0),
  book_seq          bigint,  -- the last change of the book that concerned it
  entry_count       smallint NOT NULL,
  version           integer  NOT NULL,
  CHECK ((hold_id IS NULL) = (held = 0)),
  CHECK ((watch_price IS NULL) = (watch_by IS NULL) AND (watch_by IS NULL) = (watch_from IS NULL)),
  CONSTRAINT orders_ended_hold_nothing CHECK (
    state < 5 OR (hold_id IS NULL AND watch_price IS NULL AND priority IS NULL)),
  CONSTRAINT orders_in_book_rest CHECK (
    priority IS NULL OR (state = 3 AND limit_price IS NOT NULL AND hold_id IS NOT NULL)),
  CONSTRAINT orders_filled CHECK ((state = 5) = (filled = quantity))
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX orders_by_client_id ON trading.orders (owner_id, client_order_id)
  WHERE client_order_id IS NOT NULL;
CREATE INDEX orders_by_owner ON trading.orders (owner_id, id);
CREATE INDEX orders_by_instrument ON trading.orders (instrument_id, id);
CREATE INDEX orders_open_by_owner ON trading.orders (owner_id, id) WHERE state < 5;
CREATE INDEX orders_open_by_instrument ON trading.orders (instrument_id, id) WHERE state < 5;
CREATE INDEX orders_watching ON trading.orders (instrument_id, watch_by, watch_from, watch_price)
  WHERE watch_price IS NOT NULL;
CREATE INDEX orders_trailing ON trading.orders (instrument_id, watch_by, watch_from, extreme)
  WHERE watch_price IS NOT NULL AND extreme IS NOT NULL;
CREATE INDEX orders_fired ON trading.orders (id) WHERE state = 4;
CREATE INDEX orders_by_group ON trading.orders (group_id) WHERE group_id IS NOT NULL;
CREATE INDEX orders_by_parent ON trading.orders (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX orders_by_expiry ON trading.orders (expires_at) WHERE expires_at IS NOT NULL AND state < 5;
CREATE INDEX orders_of_session ON trading.orders (instrument_id, session)
  WHERE session IS NOT NULL AND state < 5;

-- Orders that a price between low and high fires, and trailing stops that it moves, without those of pairs of
-- which one has fired. By ranges of two indexes, however many orders wait: left to itself, the planner takes
-- prices that it does not know for a third of all orders, and reads them all (250 ms for 100,000). OFFSET 0
-- lets it look up the orders of each price, and not the prices of each order.
CREATE FUNCTION trading.find_reached(
  keys text[], instrument_ids bigint[], sources smallint[], lows bigint[], highs bigint[]
) RETURNS TABLE (key text, id bigint) LANGUAGE plpgsql STABLE ROWS 10
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  WITH reach AS (
    SELECT r.key, r.instrument_id, r.by, r.low, r.high
    FROM unnest(keys, instrument_ids, sources, lows, highs) AS r (key, instrument_id, by, low, high)),
  reached AS (
    SELECT r.key, o.id
    FROM reach r
    CROSS JOIN LATERAL (
      SELECT o.id
      FROM trading.orders o
      WHERE o.instrument_id = r.instrument_id AND o.watch_by = r.by
        AND o.watch_from = 1 AND o.watch_price >= r.low
      OFFSET 0) AS o
    UNION
    SELECT r.key, o.id
    FROM reach r
    CROSS JOIN LATERAL (
      SELECT o.id
      FROM trading.orders o
      WHERE o.instrument_id = r.instrument_id AND o.watch_by = r.by
        AND o.watch_from = 2 AND o.watch_price <= r.high
      OFFSET 0) AS o
    UNION
    SELECT r.key, o.id
    FROM reach r
    CROSS JOIN LATERAL (
      SELECT o.id
      FROM trading.orders o
      WHERE o.instrument_id = r.instrument_id AND o.watch_by = r.by
        AND o.watch_from = 1 AND o.watch_price IS NOT NULL AND o.extreme < r.high
      OFFSET 0) AS o
    UNION
    SELECT r.key, o.id
    FROM reach r
    CROSS JOIN LATERAL (
      SELECT o.id
      FROM trading.orders o
      WHERE o.instrument_id = r.instrument_id AND o.watch_by = r.by
        AND o.watch_from = 2 AND o.watch_price IS NOT NULL AND o.extreme > r.low
      OFFSET 0) AS o)
  SELECT f.key, f.id
  FROM reached f
  JOIN trading.orders o ON o.id = f.id
  WHERE NOT EXISTS (SELECT FROM trading.orders g WHERE g.group_id = o.group_id AND g.state = 4);
END $$;

CREATE INDEX orders_in_book ON trading.orders (instrument_id, side, limit_price, priority)
  WHERE priority IS NOT NULL;
CREATE INDEX orders_by_book_seq ON trading.orders (instrument_id, book_seq) WHERE book_seq IS NOT NULL;

CREATE TABLE trading.entries (
  order_id bigint   NOT NULL REFERENCES trading.orders,
  seq      smallint NOT NULL,
  at       bigint   NOT NULL,
  event    text     NOT NULL,
  actor_id text     NOT NULL,
  state    smallint NOT NULL,
  note     text,
  PRIMARY KEY (order_id, seq)
);

-- One fill of one order: its journal moved cash one way, the asset the other, and the fee.
CREATE TABLE trading.executions (
  id               bigint   PRIMARY KEY, -- stamp
  order_id         bigint   NOT NULL REFERENCES trading.orders,
  instrument_id    bigint   NOT NULL,
  owner_id         text     NOT NULL,
  asset_account_id bigint   NOT NULL,
  side             smallint NOT NULL CHECK (side IN (1, 2)),
  quantity         bigint   NOT NULL CHECK (quantity > 0),
  price            bigint   NOT NULL CHECK (price > 0),
  money            bigint   NOT NULL CHECK (money > 0),
  fee              bigint   NOT NULL CHECK (fee >= 0),
  realized         bigint   NOT NULL, -- gain of what was sold over what it had cost, fees included
  rate             numeric  CHECK (rate > 0), -- to the reporting currency; null: none was known
  realized_reporting bigint,
  currency_gain    bigint,
  basis            smallint CHECK (basis BETWEEN 1 AND 3), -- of a sale: average, fifo, chosen lots
  journal_id       bigint   NOT NULL,
  quote_id         bigint,
  -- of a trade in a book: the change that made it, and whether its order rested then
  book_seq         bigint,
  is_maker         boolean  NOT NULL DEFAULT false,
  UNIQUE (journal_id, side)
);
CREATE INDEX executions_by_book_seq ON trading.executions (instrument_id, book_seq)
  WHERE book_seq IS NOT NULL;
CREATE INDEX executions_by_order ON trading.executions (order_id, id);
CREATE INDEX executions_by_owner ON trading.executions (owner_id, id);
CREATE INDEX executions_by_instrument ON trading.executions (instrument_id, id);
CREATE INDEX executions_by_account ON trading.executions (asset_account_id, id);

-- Owners and instruments for which no new orders are taken.
CREATE TABLE trading.kill_switches (
  owner_id      text,
  instrument_id bigint REFERENCES trading.instruments,
  reason        text        NOT NULL,
  actor_id      text        NOT NULL,
  at            timestamptz NOT NULL DEFAULT now(),
  UNIQUE NULLS NOT DISTINCT (owner_id, instrument_id),
  CHECK ((owner_id IS NULL) <> (instrument_id IS NULL))
);

-- How gains are counted: the currency in which positions are also told, and how a sale finds its cost.
CREATE TABLE trading.settings (
  one                boolean  PRIMARY KEY DEFAULT true CHECK (one),
  reporting_currency text     NOT NULL DEFAULT 'USD',
  basis              smallint NOT NULL DEFAULT 1 CHECK (basis IN (1, 2)) -- average, first in first out
);
INSERT INTO trading.settings DEFAULT VALUES;

-- What trading has put into an account of an asset, and what that cost. Sums in the reporting currency are
-- null where an exchange rate was missing.
CREATE TABLE trading.positions (
  asset_account_id   bigint  NOT NULL,
  currency           text    NOT NULL,
  asset              text    NOT NULL,
  owner_id           text    NOT NULL,
  quantity           bigint  NOT NULL CHECK (quantity >= 0),
  cost               bigint  NOT NULL CHECK (cost >= 0), -- of the quantity, fees included
  cost_reporting     bigint  CHECK (cost_reporting >= 0),
  realized           bigint  NOT NULL,
  realized_reporting bigint,
  currency_gain      bigint, -- of realized_reporting, what the exchange rate brought
  fees               bigint  NOT NULL CHECK (fees >= 0),
  -- lots up to this id have cost the same on average
  pooled_until       bigint  NOT NULL CHECK (pooled_until >= 0),
  pooled_quantity    bigint  NOT NULL CHECK (pooled_quantity BETWEEN 0 AND quantity),
  pooled_cost        bigint  NOT NULL CHECK (pooled_cost BETWEEN 0 AND cost),
  pooled_reporting   bigint  CHECK (pooled_reporting >= 0),
  version            integer NOT NULL,
  PRIMARY KEY (asset_account_id, currency),
  CHECK (quantity > 0 OR cost = 0)
) WITH (fillfactor = 70);
CREATE INDEX positions_by_owner ON trading.positions (owner_id);
CREATE INDEX positions_by_asset ON trading.positions (asset, asset_account_id);

-- The parts of positions, each with its cost, its date and the exchange rate of that moment.
CREATE TABLE trading.lots (
  id               bigint   PRIMARY KEY, -- stamp
  asset_account_id bigint   NOT NULL,
  currency         text     NOT NULL,
  bought           boolean  NOT NULL, -- else received
  acquired_at      bigint   NOT NULL, -- stamp
  quantity         bigint   NOT NULL CHECK (quantity > 0),
  remaining        bigint   NOT NULL CHECK (remaining BETWEEN 0 AND quantity),
  cost             bigint   NOT NULL CHECK (cost >= 0), -- of what remains
  rate             numeric  CHECK (rate > 0),
  cost_reporting   bigint   CHECK (cost_reporting >= 0)
) WITH (fillfactor = 70);
CREATE INDEX lots_open ON trading.lots (asset_account_id, acquired_at, id) WHERE remaining > 0;
CREATE INDEX lots_by_account ON trading.lots (asset_account_id, id);

-- What changed a position without a trade: units sent or received with their cost and date, and a split.
CREATE TABLE trading.movements (
  id               bigint   PRIMARY KEY, -- stamp; of received units that of their lot
  asset_account_id bigint   NOT NULL,
  currency         text     NOT NULL,
  kind             smallint NOT NULL CHECK (kind IN (1, 2, 3, 4)), -- sent, received, split, missing
  quantity         bigint   NOT NULL CHECK (quantity >= 0), -- of a split: before it
  basis            smallint CHECK (basis BETWEEN 1 AND 3),
  cost             bigint   CHECK (cost >= 0),
  cost_reporting   bigint   CHECK (cost_reporting >= 0),
  rate             numeric  CHECK (rate > 0),
  acquired_at      bigint,
  -- of a split: new units for old, and what was paid for a fraction
  numerator        bigint   CHECK (numerator > 0),
  denominator      bigint   CHECK (denominator > 0),
  cash             bigint   CHECK (cash >= 0),
  transfer_id      bigint   NOT NULL, -- what they belong to: a transfer of positions or a corporate action
  actor_id         text     NOT NULL
);
CREATE INDEX movements_by_account ON trading.movements (asset_account_id, id);
CREATE INDEX movements_by_transfer ON trading.movements (transfer_id);

-- What was taken out of lots: by an execution or by a movement.
CREATE TABLE trading.lot_uses (
  used_by        bigint NOT NULL,
  lot_id         bigint NOT NULL REFERENCES trading.lots,
  quantity       bigint NOT NULL CHECK (quantity > 0),
  cost           bigint NOT NULL CHECK (cost >= 0),
  cost_reporting bigint,
  PRIMARY KEY (used_by, lot_id)
);
CREATE INDEX lot_uses_by_lot ON trading.lot_uses (lot_id);

-- What happened to an owner's orders, for streams that go on after a break: numbered without a gap, in the
-- order of the commits, because the owner's row in `feeds` stays locked until then. Old ones are deleted.
CREATE TABLE trading.feeds (
  owner_id text   PRIMARY KEY,
  number   bigint NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE trading.feed_events (
  owner_id text     NOT NULL,
  number   bigint   NOT NULL,
  at       bigint   NOT NULL, -- stamp
  kind     smallint NOT NULL CHECK (kind IN (1, 2)), -- order, execution
  document text     NOT NULL, -- JSON
  PRIMARY KEY (owner_id, number)
);
CREATE INDEX feed_events_by_time ON trading.feed_events (at);

-- Streams whose end cancels the orders of an owner. Who serves one renews its lease; where it ran out, the
-- stream is broken.
CREATE TABLE trading.stream_guards (
  id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  owner_id    text        NOT NULL,
  opened_by   text        NOT NULL,
  opened_at   bigint      NOT NULL, -- stamp
  lease_until timestamptz NOT NULL
);

-- What an owner's positions were worth at the end of each day (UTC), in the reporting currency's smallest
-- unit; null where a price or an exchange rate was missing. The present day's is written again until the day
-- is over.
CREATE TABLE trading.snapshots (
  owner_id text   NOT NULL,
  day      date   NOT NULL,
  value    bigint,
  cost     bigint,
  realized bigint, -- up to then
  bought   bigint NOT NULL CHECK (bought >= 0), -- on the day, fees included
  sold     bigint NOT NULL CHECK (sold >= 0),   -- less its fees
  taken_at bigint NOT NULL, -- stamp
  PRIMARY KEY (owner_id, day)
);
CREATE INDEX snapshots_by_day ON trading.snapshots (day, owner_id);

-- What an issuer did to an asset: carried out once, under the reference that staff gave it.
CREATE TABLE trading.corporate_actions (
  id            bigint   PRIMARY KEY, -- stamp
  reference     text     NOT NULL UNIQUE,
  request_hash  text     NOT NULL,
  kind          smallint NOT NULL CHECK (kind IN (1, 2, 3)), -- split, symbol change, cash dividend
  instrument_id bigint   NOT NULL REFERENCES trading.instruments,
  numerator     bigint   CHECK (numerator > 0), -- of a split: new units for old
  denominator   bigint   CHECK (denominator > 0),
  price         bigint   CHECK (price > 0), -- billionths: of a new unit for fractions, or a unit's dividend
  old_symbol    text,
  new_symbol    text,
  reason        text     NOT NULL,
  actor_id      text     NOT NULL,
  account_count integer  NOT NULL,
  order_count   integer  NOT NULL,
  cash          bigint   NOT NULL CHECK (cash >= 0)
);

-- What it did to each account.
CREATE TABLE trading.action_entries (
  action_id        bigint NOT NULL REFERENCES trading.corporate_actions,
  asset_account_id bigint NOT NULL,
  units_before     bigint NOT NULL CHECK (units_before >= 0),
  units_after      bigint NOT NULL CHECK (units_after >= 0),
  cash             bigint NOT NULL CHECK (cash >= 0),
  journal_id       bigint, -- null: it moved nothing
  PRIMARY KEY (action_id, asset_account_id)
);
CREATE INDEX action_entries_by_account ON trading.action_entries (asset_account_id, action_id);

-- Symbols that instruments had before.
CREATE TABLE trading.earlier_symbols (
  symbol        text   COLLATE "C" PRIMARY KEY,
  instrument_id bigint NOT NULL REFERENCES trading.instruments,
  until         bigint NOT NULL -- stamp
);

CREATE FUNCTION trading.expect_rows(actual bigint, expected integer, what text) RETURNS void LANGUAGE plpgsql
  AS $$
BEGIN
  IF actual <> expected THEN
    RAISE EXCEPTION 'wrote % of % %: a row was changed outside the lock of its instrument', actual, expected,
      what;
  END IF;
END $$;
