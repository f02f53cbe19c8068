// The SQL of instruments: their terms and state, and the newest quote that each batch saves on them.
import type { AnySql, Sql } from "../../../runtime/database.ts";
import { type ColumnTable, columnsOf } from "../../../runtime/row-columns.ts";
import { toArray } from "../../../runtime/sql-array.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import type { PageFilter } from "../../../values/filter.ts";
import type { RowReader, RowWriter } from "../../desk/index.ts";
import {
  INSTRUMENT_STATES,
  type Instrument,
  type InstrumentState,
  type InstrumentTerms,
  VENUES,
  type Venue,
} from "./instrument.ts";

interface InstrumentRow extends InstrumentTerms {
  id: bigint;
  symbol: string;
  asset: string;
  currency: string;
  venueNumber: number;
  stateNumber: number;
  stateReason: string | null;
  session: number;
  quoteId: bigint | null;
  quoteBid: bigint;
  quoteAsk: bigint;
  quoteLast: bigint;
  quoteTime: bigint;
  quoteSource: string;
  quoteSequence: bigint | null;
  quoteFires: boolean;
  quoteCount: bigint;
  version: number;
  createdAt: Date;
  updatedAt: Date;
}

const COLUMNS = `id, symbol, name, asset, currency, venue AS "venueNumber", tick, lot,
  least_quantity AS "leastQuantity", most_quantity AS "mostQuantity", least_notional AS "leastNotional",
  most_notional AS "mostNotional", band, fee, maker_fee AS "makerFee", least_fee AS "leastFee",
  stale_after AS "staleAfter", time_zone AS "timeZone", opens_at AS "opensAt", closes_at AS "closesAt",
  weekdays, state AS "stateNumber", state_reason AS "stateReason", session, quote_id AS "quoteId",
  quote_bid AS "quoteBid", quote_ask AS "quoteAsk", quote_last AS "quoteLast", quote_time AS "quoteTime",
  quote_source AS "quoteSource", quote_sequence AS "quoteSequence", quote_fires AS "quoteFires",
  quote_count AS "quoteCount", version, created_at AS "createdAt", updated_at AS "updatedAt"`;

const STATE_NAMES: ReadonlyMap<number, InstrumentState> = new Map<number, InstrumentState>(
  Object.entries(INSTRUMENT_STATES).map(([name, number]) => [number, name as InstrumentState]),
);

function toInstrument(row: InstrumentRow): Instrument {
  const {
    venueNumber,
    stateNumber,
    id: rowId,
    quoteId,
    quoteBid,
    quoteAsk,
    quoteLast,
    quoteTime,
    ...rest
  } = row;
  const { quoteSource, quoteSequence, quoteFires, quoteCount, ...terms } = rest;
  const instrument = {
    ...terms,
    venue: venueNumber === VENUES.book ? ("book" as const) : ("quote" as const),
  };
  const state = STATE_NAMES.get(stateNumber);
  if (state === undefined) throw new Error(`unknown state ${stateNumber}`);
  const id = Number(rowId);
  if (quoteId === null) return { ...instrument, id, state, quote: null };
  const prices = { bid: quoteBid, ask: quoteAsk, last: quoteLast, fires: quoteFires };
  const number = Number(quoteCount);
  const sequence = quoteSequence === null ? null : Number(quoteSequence);
  const quote = {
    id: Number(quoteId),
    ...prices,
    time: Number(quoteTime),
    source: quoteSource,
    sequence,
    number,
  };
  return { ...instrument, id, state, quote };
}

export async function selectInstrument(db: Sql, id: number): Promise<Instrument | undefined> {
  const rows = await db<InstrumentRow[]>`
    SELECT ${db.unsafe(COLUMNS)} FROM trading.instruments WHERE id = ${id}`;
  return rows.map(toInstrument)[0];
}

export async function selectInstrumentsById(
  db: AnySql,
  ids: readonly number[],
): Promise<Map<number, Instrument>> {
  const rows = await db<InstrumentRow[]>`
    SELECT ${db.unsafe(COLUMNS)} FROM trading.instruments WHERE id = ANY(${toArray(ids)}::bigint[])`;
  return new Map(rows.map((row) => [Number(row.id), toInstrument(row)]));
}

export type InstrumentFilter = PageFilter<{ symbol: string; asset: string; state: InstrumentState }>;

/** Oldest first. */
export async function selectInstruments(db: AnySql, filter: InstrumentFilter): Promise<Instrument[]> {
  const { cursor = 0, limit } = filter;
  const rows = await db<InstrumentRow[]>`
    SELECT ${db.unsafe(COLUMNS)}
    FROM trading.instruments
    WHERE id > ${cursor} AND ${ofInstruments(db, filter)}
    ORDER BY id
    LIMIT ${limit}`;
  return rows.map(toInstrument);
}

/** The instrument that had this symbol before. */
function hadSymbol(db: AnySql, symbol: string) {
  return db`(SELECT instrument_id FROM trading.earlier_symbols WHERE symbol = ${symbol})`;
}

function ofInstruments(db: AnySql, { symbol, asset, state }: InstrumentFilter) {
  return db`
    ${symbol === undefined ? db`true` : db`(symbol = ${symbol} OR id = ${hadSymbol(db, symbol)})`}
    ${asset === undefined ? db`` : db`AND asset = ${asset}`}
    ${state === undefined ? db`` : db`AND state = ${INSTRUMENT_STATES[state]}`}`;
}

export async function countInstruments(db: AnySql, filter: InstrumentFilter): Promise<number> {
  const [row] = await db<{ count: number }[]>`
    SELECT count(*)::int AS count FROM trading.instruments WHERE ${ofInstruments(db, filter)}`;
  return row?.count ?? 0;
}

/** By symbol, also one that an instrument had before; unknown ones are absent. */
export async function selectIdsOfSymbols(db: Sql, symbols: readonly string[]): Promise<Map<string, number>> {
  const rows = await db<{ id: bigint; symbol: string }[]>`
    SELECT id, symbol FROM trading.instruments WHERE symbol = ANY(${[...symbols]}::text[])
    UNION ALL
    SELECT instrument_id, symbol FROM trading.earlier_symbols WHERE symbol = ANY(${[...symbols]}::text[])`;
  return new Map(rows.map(({ id, symbol }) => [symbol, Number(id)]));
}

/** The newest bid by asset and currency; where several instruments share a pair, the oldest one's. */
export async function selectBids(db: Sql): Promise<Map<string, bigint>> {
  const rows = await db<{ asset: string; currency: string; bid: bigint }[]>`
    SELECT DISTINCT ON (asset, currency) asset, currency, quote_bid AS bid
    FROM trading.instruments
    WHERE quote_id IS NOT NULL
    ORDER BY asset, currency, id`;
  return new Map(rows.map(({ asset, currency, bid }) => [`${asset} ${currency}`, bid]));
}

export interface NewInstrument {
  readonly symbol: string;
  readonly asset: string;
  readonly currency: string;
  readonly venue: Venue;
  readonly terms: InstrumentTerms;
}

/** Undefined where the symbol is taken, or was another instrument's. */
export async function insertInstrument(
  { sql }: Tx,
  { symbol, asset, currency, venue, terms }: NewInstrument,
): Promise<Instrument | undefined> {
  const rows = await sql<InstrumentRow[]>`
    INSERT INTO trading.instruments (symbol, name, asset, currency, venue, tick, lot, least_quantity,
      most_quantity, least_notional, most_notional, band, fee, maker_fee, least_fee, stale_after,
      time_zone, opens_at, closes_at, weekdays, state)
    SELECT ${symbol}, ${terms.name}, ${asset}, ${currency}, ${VENUES[venue]}::int, ${terms.tick}::bigint,
      ${terms.lot}::bigint, ${terms.leastQuantity}::bigint, ${terms.mostQuantity}::bigint,
      ${terms.leastNotional}::bigint, ${terms.mostNotional}::bigint, ${terms.band}::int, ${terms.fee}::int,
      ${terms.makerFee}::int, ${terms.leastFee}::bigint, ${terms.staleAfter}::int, ${terms.timeZone},
      ${terms.opensAt}::int, ${terms.closesAt}::int, ${terms.weekdays}::int,
      ${INSTRUMENT_STATES.open}::int
    WHERE NOT EXISTS (SELECT FROM trading.earlier_symbols WHERE symbol = ${symbol})
    ON CONFLICT (symbol) DO NOTHING
    RETURNING ${sql.unsafe(COLUMNS)}`;
  return rows.map(toInstrument)[0];
}

/** Instruments, locked until the batch ends: this lock also covers everything that is traded in them. */
export const INSTRUMENTS: RowReader<Instrument> = {
  kind: "trading.instruments",
  isContended: true,
  read: async ({ sql }, ids) => {
    const rows = await sql<InstrumentRow[]>`
      SELECT ${sql.unsafe(COLUMNS)}
      FROM trading.instruments
      WHERE id = ANY(${toArray(ids)}::bigint[])
      ORDER BY id
      FOR NO KEY UPDATE`.execute();
    return new Map(rows.map((row) => [Number(row.id), toInstrument(row)]));
  },
};

const QUOTE_COLUMNS = columnsOf<Instrument>({
  id: ["bigint", ({ id }) => id],
  quote_id: ["bigint", ({ quote }) => quote?.id],
  quote_bid: ["bigint", ({ quote }) => quote?.bid],
  quote_ask: ["bigint", ({ quote }) => quote?.ask],
  quote_last: ["bigint", ({ quote }) => quote?.last],
  quote_time: ["bigint", ({ quote }) => quote?.time],
  quote_source: ["text", ({ quote }) => quote?.source],
  quote_sequence: ["bigint", ({ quote }) => quote?.sequence],
  quote_fires: ["boolean", ({ quote }) => quote?.fires],
  quote_count: ["bigint", ({ quote }) => quote?.number],
});

/** Saves instruments whose newest quote a batch changed; where several commands did, the last has seen the others. */
export const QUOTED_INSTRUMENTS: RowWriter<Instrument> = {
  name: "trading.quoted_instruments",
  write: ({ sql }, instruments) => {
    const last = [...new Map(instruments.map((each) => [each.id, each])).values()];
    return sql`
      UPDATE trading.instruments i
      SET quote_id = n.quote_id, quote_bid = n.quote_bid, quote_ask = n.quote_ask, quote_last = n.quote_last,
          quote_time = n.quote_time, quote_source = n.quote_source, quote_sequence = n.quote_sequence,
          quote_fires = n.quote_fires, quote_count = n.quote_count
      FROM unnest(${QUOTE_COLUMNS.arrays(sql, last)}) AS n (${QUOTE_COLUMNS.names(sql)})
      WHERE i.id = n.id`.execute();
  },
};

const CHANGING: ColumnTable<Instrument> = {
  name: ["text", ({ name }) => name],
  tick: ["bigint", ({ tick }) => tick],
  lot: ["bigint", ({ lot }) => lot],
  least_quantity: ["bigint", ({ leastQuantity }) => leastQuantity],
  most_quantity: ["bigint", ({ mostQuantity }) => mostQuantity],
  least_notional: ["bigint", ({ leastNotional }) => leastNotional],
  most_notional: ["bigint", ({ mostNotional }) => mostNotional],
  band: ["integer", ({ band }) => band],
  fee: ["integer", ({ fee }) => fee],
  maker_fee: ["integer", ({ makerFee }) => makerFee],
  least_fee: ["bigint", ({ leastFee }) => leastFee],
  stale_after: ["integer", ({ staleAfter }) => staleAfter],
  time_zone: ["text", ({ timeZone }) => timeZone],
  opens_at: ["smallint", ({ opensAt }) => opensAt],
  closes_at: ["smallint", ({ closesAt }) => closesAt],
  weekdays: ["smallint", ({ weekdays }) => weekdays],
  state: ["smallint", ({ state }) => INSTRUMENT_STATES[state]],
  state_reason: ["text", ({ stateReason }) => stateReason],
  session: ["integer", ({ session }) => session],
  version: ["integer", ({ version }) => version],
  updated_at: ["timestamptz", ({ updatedAt }) => updatedAt],
};
const CHANGING_COLUMNS = columnsOf<Instrument>(CHANGING);
const CHANGE_COLUMNS = columnsOf<Instrument>({ id: ["bigint", ({ id }) => id], ...CHANGING });

export async function hasOpenOrders({ sql }: Tx, id: number): Promise<boolean> {
  const rows = await sql`SELECT FROM trading.orders WHERE instrument_id = ${id} AND state < 5 LIMIT 1`;
  return rows.length > 0;
}

/** Locked until the transaction ends. */
export async function lockInstrument(tx: Tx, id: number): Promise<Instrument | undefined> {
  return (await INSTRUMENTS.read(tx, [id])).get(id);
}

/** Saves instruments whose terms or state changed under their locks; where several commands did, the last has seen the others. */
export const CHANGED_INSTRUMENTS: RowWriter<Instrument> = {
  name: "trading.changed_instruments",
  write: ({ sql }, instruments) => {
    const last = [...new Map(instruments.map((each) => [each.id, each])).values()];
    return sql`
      UPDATE trading.instruments i
      SET ${CHANGING_COLUMNS.assignments(sql, "n")}
      FROM unnest(${CHANGE_COLUMNS.arrays(sql, last)}) AS n (${CHANGE_COLUMNS.names(sql)})
      WHERE i.id = n.id`.execute();
  },
};
