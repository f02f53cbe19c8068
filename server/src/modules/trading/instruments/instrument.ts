// An instrument: a pair of an asset and a currency that can be traded, with its rules, its state and its newest quote.
import type { NewEvent } from "../../jobs/index.ts";
import type { Assets } from "../../ledger/index.ts";
import type { Quote } from "../matching/meet-quote.ts";
import type { Scales } from "../matching/price.ts";

/** `quote`: dealt against the house at its quotes. `book`: customers' orders are matched with each other. */
export const VENUES = { quote: 1, book: 2 } as const;
export type Venue = keyof typeof VENUES;

export const INSTRUMENT_STATES = { open: 1, halted: 2, closed: 3 } as const;
export type InstrumentState = keyof typeof INSTRUMENT_STATES;

/** Trading hours: minutes of the day in the time zone, and the days of the week they apply to. */
export interface Hours {
  readonly timeZone: string;
  /** Null: always open. */
  readonly opensAt: number | null;
  readonly closesAt: number | null;
  /** Bit 0 is Monday. */
  readonly weekdays: number;
}

/** The terms that staff set. Prices in billionths, quantities and money in smallest units. */
export interface InstrumentTerms extends Hours {
  readonly name: string;
  readonly tick: bigint;
  readonly lot: bigint;
  readonly leastQuantity: bigint;
  readonly mostQuantity: bigint | null;
  readonly leastNotional: bigint | null;
  readonly mostNotional: bigint | null;
  /** The price band, in basis points of the last price. */
  readonly band: number | null;
  /** The fee, in basis points of a fill's money. */
  readonly fee: number;
  /** The same of what an order rested for in the book. */
  readonly makerFee: number;
  readonly leastFee: bigint;
  /** Seconds after which a quote is too old to trade at; null: never. */
  readonly staleAfter: number | null;
}

/** A quote, with the data that tell which of two is newer. */
export interface InstrumentQuote extends Quote {
  readonly source: string;
  readonly sequence: number | null;
  /** Counts the quotes of its instrument that counted, from 1 and without a gap. */
  readonly number: number;
  /** It came while the instrument was open, so it fires the orders that it reaches. */
  readonly fires: boolean;
}

export interface Instrument extends InstrumentTerms {
  readonly id: number;
  readonly symbol: string;
  readonly asset: string;
  readonly currency: string;
  readonly venue: Venue;
  readonly state: InstrumentState;
  readonly stateReason: string | null;
  /** Counts how often it has closed. */
  readonly session: number;
  /** The newest quote that counts; null: none has come yet. */
  readonly quote: InstrumentQuote | null;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

const SECOND = 1_000_000;

/** Whether its newest quote is too old to trade at. @param now stamp */
export function isStale(
  { quote, staleAfter }: Pick<Instrument, "quote" | "staleAfter">,
  now: number,
): boolean {
  return quote !== null && staleAfter !== null && now - quote.time > staleAfter * SECOND;
}

/** The asset and the currency of an instrument, as the ledger counts them. */
export function sidesOf(assets: Assets, { asset, currency }: Pick<Instrument, "asset" | "currency">) {
  const [security, money] = [assets.byCode(asset), assets.byCode(currency)];
  if (security === undefined || money === undefined) throw new Error(`unknown asset ${asset} or ${currency}`);
  const scales: Scales = { asset: security.scale, money: money.scale };
  return { security, money, scales };
}

/** Its outbox document. */
export function eventOf(topic: string, { id, symbol, state, version }: Instrument): NewEvent {
  return { topic, payload: JSON.stringify({ id: String(id), symbol, state, version }) };
}
