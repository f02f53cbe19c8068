// Exchange rates: how much of the quote currency one unit of the base currency buys. A rate is never changed; a newer one follows
// it. The opposite direction has its own rate: the inverse is never derived, because the house chooses the difference.
import type { Sql } from "../../../runtime/database.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import { type Decimal, parseDecimal } from "../../../values/money.ts";
import { type Page, type PageBounds, toPage } from "../../../values/page.ts";
import type { ExchangeRateDocument } from "./exchange-answer-schemas.ts";
import * as store from "./exchange-rate-store.ts";

export interface NewRate {
  readonly base: string;
  readonly quote: string;
  /** Decimal text, up to 12 digits on each side of the point. */
  readonly rate: string;
  /** Where the rate comes from: "manual", or the name of a rate source. */
  readonly source: string;
  readonly setBy: string;
}

export interface ExchangeRate extends NewRate {
  readonly id: number;
  readonly validFrom: Date;
}

/** Adds a rate, which is the latest of its pair from the commit on. No locks. */
export async function addExchangeRate(tx: Tx, rate: NewRate): Promise<ExchangeRate> {
  const [added] = await addExchangeRates(tx, [rate]);
  if (added === undefined) throw new Error("no rate was added");
  return added;
}

/** Adds rates, which are the latest of their pairs from the commit on. No locks. */
export function addExchangeRates(tx: Tx, rates: readonly NewRate[]): Promise<ExchangeRate[]> {
  return store.insertRates(tx, rates);
}

export function findLatestRates(
  db: Sql,
  pair: { base?: string | undefined; quote?: string | undefined } = {},
): Promise<ExchangeRate[]> {
  return store.selectLatestRates(db, pair);
}

export function findLatestRate(db: Sql, base: string, quote: string): Promise<ExchangeRate | undefined> {
  return store.selectLatestRate(db, base, quote);
}

/** Newest first. */
export async function findRateHistory(
  db: Sql,
  {
    cursor: beforeId = Number.MAX_SAFE_INTEGER,
    limit,
    ...pair
  }: PageBounds & { base: string; quote: string },
): Promise<Page<ExchangeRate>> {
  const found = await store.selectRateHistory(db, { ...pair, beforeId, limit: limit + 1 });
  return toPage(found, limit, ({ id }) => id);
}

export interface RecordedExchange {
  /** Minor units of the rate's quote. */
  readonly bought: bigint;
  readonly rate: ExchangeRate;
  readonly rounding: typeof ROUNDING;
}

/** How the bought amount is rounded. */
export const ROUNDING = "half_even";

/** The amount that an exchange bought and the rate it used; undefined for another journal. */
export function findExchange(db: Sql, journalId: number): Promise<RecordedExchange | undefined> {
  return store.selectExchange(db, journalId);
}

/** The rate as an exact fraction; undefined where the text is not a rate, or is zero. */
export function readRate(rate: string): Decimal | undefined {
  const decimal = parseDecimal(rate);
  return decimal === undefined || decimal.digits === 0n ? undefined : decimal;
}

export function describeRate(rate: ExchangeRate): ExchangeRateDocument {
  return {
    id: String(rate.id),
    base: rate.base,
    quote: rate.quote,
    rate: rate.rate,
    source: rate.source,
    set_by: rate.setBy,
    valid_from: rate.validFrom.toISOString(),
  };
}
