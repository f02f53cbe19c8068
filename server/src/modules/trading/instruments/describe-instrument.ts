// The JSON document of an instrument. Prices, quantities and amounts are decimal strings, times RFC 3339.
import { formatAmount } from "../../../values/money.ts";
import { formatStamp } from "../../../values/time.ts";
import type { Assets } from "../../ledger/index.ts";
import { PRICE_SCALE } from "../matching/price.ts";
import { type Instrument, type InstrumentQuote, sidesOf } from "./instrument.ts";
import type { InstrumentDocument } from "./instrument-schemas.ts";
import { isWithinHours } from "./trading-hours.ts";

export const WEEKDAY_NAMES = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

/** With at least the currency's decimals, and no more than the price has. */
export function formatPrice(price: bigint, moneyScale: number): string {
  const [whole = "", decimals = ""] = formatAmount(price, PRICE_SCALE).split(".");
  const shown = decimals.replace(/0+$/, "").padEnd(moneyScale, "0");
  return shown === "" ? whole : `${whole}.${shown}`;
}

/** @param now stamp */
export function describeInstrument(assets: Assets, instrument: Instrument, now: number): InstrumentDocument {
  const { scales } = sidesOf(assets, instrument);
  const quantity = (value: bigint) => formatAmount(value, scales.asset);
  const money = (value: bigint) => formatAmount(value, scales.money);
  const orNull = <T>(value: T | null, write: (value: T) => string) => (value === null ? null : write(value));
  const { quote } = instrument;
  return {
    id: String(instrument.id),
    symbol: instrument.symbol,
    name: instrument.name,
    asset: instrument.asset,
    currency: instrument.currency,
    venue: instrument.venue,
    state: instrument.state,
    state_reason: instrument.stateReason,
    is_open: instrument.state === "open" && isWithinHours(instrument, now),
    tick: formatPrice(instrument.tick, scales.money),
    lot: quantity(instrument.lot),
    least_quantity: quantity(instrument.leastQuantity),
    largest_quantity: orNull(instrument.mostQuantity, quantity),
    least_notional: orNull(instrument.leastNotional, money),
    largest_notional: orNull(instrument.mostNotional, money),
    price_band: instrument.band,
    fee: instrument.fee,
    maker_fee: instrument.makerFee,
    least_fee: money(instrument.leastFee),
    quote_stale_seconds: instrument.staleAfter,
    time_zone: instrument.timeZone,
    hours: describeHours(instrument),
    session: instrument.session,
    quote: quote === null ? null : describeQuote(quote, scales.money),
    version: instrument.version,
    created_at: instrument.createdAt.toISOString(),
    updated_at: instrument.updatedAt.toISOString(),
  };
}

export function describeQuote(quote: Omit<InstrumentQuote, "fires">, moneyScale: number) {
  return {
    bid: formatPrice(quote.bid, moneyScale),
    ask: formatPrice(quote.ask, moneyScale),
    last: formatPrice(quote.last, moneyScale),
    time: formatStamp(quote.time),
    source: quote.source,
    sequence: quote.sequence,
    number: quote.number,
    received_at: formatStamp(quote.id),
  };
}

function describeHours({ opensAt, closesAt, weekdays }: Instrument): InstrumentDocument["hours"] {
  if (opensAt === null || closesAt === null) return null;
  const days = WEEKDAY_NAMES.filter((_, day) => (weekdays & (1 << day)) !== 0);
  return { opens: formatMinute(opensAt), closes: formatMinute(closesAt), days };
}

function formatMinute(minute: number): string {
  const [hours, minutes] = [Math.floor(minute / 60), minute % 60];
  return `${String(hours).padStart(2, "0")}:${String(minutes).padStart(2, "0")}`;
}
