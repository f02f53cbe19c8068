// Decides whether a quote counts: it must be sane, newer than the newest known, not from the future and not too old. One that
// does not count changes nothing and fires nothing.
import type { InstrumentQuote } from "../instruments/instrument.ts";

export interface SentQuote {
  readonly bid: bigint;
  readonly ask: bigint;
  readonly last: bigint;
  /** Stamp. */
  readonly time: number;
  readonly source: string;
  readonly sequence: number | null;
}

/** `zero`: a price is zero. `crossed`: the bid is above the ask. `older`: than the known one. `stale`: too old to trade at. */
export type QuoteFault = "zero" | "crossed" | "older" | "stale" | "from_the_future";

const SECOND = 1_000_000;
/** How far the clocks of sources may run ahead. */
const AHEAD_MAX = 60 * SECOND;

/** Undefined where it counts. @param now stamp */
export function findQuoteFault(
  quote: SentQuote,
  known: InstrumentQuote | null,
  { now, staleAfter }: { readonly now: number; readonly staleAfter: number | null },
): QuoteFault | undefined {
  if (quote.bid === 0n || quote.ask === 0n || quote.last === 0n) return "zero";
  if (quote.bid > quote.ask) return "crossed";
  if (known !== null && !isNewer(quote, known)) return "older";
  if (quote.time > now + AHEAD_MAX) return "from_the_future";
  return staleAfter !== null && now - quote.time > staleAfter * SECOND ? "stale" : undefined;
}

/** By the sequence where both come from one source, otherwise by the time. */
function isNewer(quote: SentQuote, known: InstrumentQuote): boolean {
  const isSameSource = quote.source === known.source;
  if (isSameSource && quote.sequence !== null && known.sequence !== null)
    return quote.sequence > known.sequence;
  return quote.time > known.time;
}
