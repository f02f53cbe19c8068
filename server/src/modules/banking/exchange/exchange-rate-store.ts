// The SQL of exchange rates, which are only ever added, and of the rates that exchanges have used.
import type { AnySql, Sql } from "../../../runtime/database.ts";
import { columnsOf } from "../../../runtime/row-columns.ts";
import { toTextArray } from "../../../runtime/sql-array.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import type { ExchangeRate, NewRate, RecordedExchange } from "./exchange-rate.ts";

interface RateRow {
  id: bigint;
  base: string;
  quote: string;
  rate: string;
  source: string;
  set_by: string;
  valid_from: Date;
}

function toRate({ id, set_by, valid_from, ...row }: RateRow): ExchangeRate {
  return { ...row, id: Number(id), setBy: set_by, validFrom: valid_from };
}

const RATE_COLUMNS = columnsOf<NewRate>({
  base: ["text", (rate) => rate.base],
  quote: ["text", (rate) => rate.quote],
  rate: ["numeric", (rate) => rate.rate],
  source: ["text", (rate) => rate.source],
  set_by: ["text", (rate) => rate.setBy],
});

export async function insertRates({ sql }: Tx, rates: readonly NewRate[]): Promise<ExchangeRate[]> {
  const rows = await sql<RateRow[]>`
    INSERT INTO banking.exchange_rates ${RATE_COLUMNS.rows(sql, rates)}
    RETURNING id, base, quote, rate, source, set_by, valid_from`;
  return rows.map(toRate);
}

/** The latest rate of each pair, by base and quote; only of the given pairs, if any are given. */
export async function selectLatestRates(
  db: Sql,
  { base, quote }: { base?: string | undefined; quote?: string | undefined },
): Promise<ExchangeRate[]> {
  const rows = await db<RateRow[]>`
    SELECT DISTINCT ON (base, quote) id, base, quote, rate, source, set_by, valid_from
    FROM banking.exchange_rates
    WHERE (${base ?? null}::text IS NULL OR base = ${base ?? null})
      AND (${quote ?? null}::text IS NULL OR quote = ${quote ?? null})
    ORDER BY base, quote, id DESC`;
  return rows.map(toRate);
}

export async function selectLatestRate(
  db: Sql,
  base: string,
  quote: string,
): Promise<ExchangeRate | undefined> {
  const rows = await db<RateRow[]>`
    SELECT id, base, quote, rate, source, set_by, valid_from
    FROM banking.exchange_rates
    WHERE base = ${base} AND quote = ${quote}
    ORDER BY id DESC
    LIMIT 1`;
  return rows.map(toRate)[0];
}

/** The latest rates of some currencies to one, by currency; for batches of the desk too. */
export async function selectRatesTo(
  sql: AnySql,
  quote: string,
  bases: readonly string[],
): Promise<[string, string][]> {
  const rows = await sql<{ base: string; rate: string }[]>`
    SELECT b.code AS base, r.rate::text AS rate
    FROM unnest(${toTextArray(bases)}::text[]) AS b (code)
    CROSS JOIN LATERAL (
      SELECT rate
      FROM banking.exchange_rates
      WHERE base = b.code AND quote = ${quote}
      ORDER BY id DESC
      LIMIT 1) AS r`.execute();
  return rows.map(({ base, rate }) => [base, rate]);
}

/** Newest first. */
export async function selectRateHistory(
  db: Sql,
  query: { base: string; quote: string; beforeId: number; limit: number },
): Promise<ExchangeRate[]> {
  const rows = await db<RateRow[]>`
    SELECT id, base, quote, rate, source, set_by, valid_from
    FROM banking.exchange_rates
    WHERE base = ${query.base} AND quote = ${query.quote} AND id < ${query.beforeId}
    ORDER BY id DESC
    LIMIT ${query.limit}`;
  return rows.map(toRate);
}

export interface NewExchange {
  readonly journalId: number;
  readonly fromAccountId: number;
  readonly toAccountId: number;
  readonly sold: bigint;
  readonly bought: bigint;
  readonly rateId: number;
  readonly rate: string;
  readonly rounding: string;
}

/** The amount bought and the rate used; undefined where the journal is not an exchange. */
export async function selectExchange(db: Sql, journalId: number): Promise<RecordedExchange | undefined> {
  const rows = await db<(RateRow & Pick<RecordedExchange, "bought" | "rounding">)[]>`
    SELECT e.bought, e.rounding, r.id, r.base, r.quote, r.rate, r.source, r.set_by, r.valid_from
    FROM banking.exchanges e
    JOIN banking.exchange_rates r ON r.id = e.rate_id
    WHERE e.journal_id = ${journalId}`;
  return rows.map(({ bought, rounding, ...rate }) => ({ bought, rounding, rate: toRate(rate) }))[0];
}

const EXCHANGE_COLUMNS = columnsOf<NewExchange>({
  journal_id: ["bigint", (exchange) => exchange.journalId],
  from_account_id: ["bigint", (exchange) => exchange.fromAccountId],
  to_account_id: ["bigint", (exchange) => exchange.toAccountId],
  sold: ["bigint", (exchange) => exchange.sold],
  bought: ["bigint", (exchange) => exchange.bought],
  rate_id: ["bigint", (exchange) => exchange.rateId],
  rate: ["numeric", (exchange) => exchange.rate],
  rounding: ["text", (exchange) => exchange.rounding],
});

export function insertExchanges({ sql }: Tx, exchanges: readonly NewExchange[]): Promise<unknown> {
  return sql`INSERT INTO banking.exchanges ${EXCHANGE_COLUMNS.rows(sql, exchanges)}`.execute();
}
