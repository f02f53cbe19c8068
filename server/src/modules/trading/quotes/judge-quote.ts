// Whether a quote counts: it must be sane, newer than the newest known, and not from the future or long past. What does not count
// changes nothing and fires nothing.
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

/** `zero`: a price is. `crossed`: the bid is above the ask. `older`: than what is known. `stale`: too old to deal at. */
export type QuoteFault = "zero" | "crossed" | "older" | "stale" | "from_the_future";

const SECOND = 1_000_000;
/** Clocks of sources may run ahead so much. */
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

/** By the sequence where both are one source's, by the time else. */
function isNewer(quote: SentQuote, known: InstrumentQuote): boolean {
  const isSameSource = quote.source === known.source;
  if (isSameSource && quote.sequence !== null && known.sequence !== null)
    return quote.sequence > known.sequence;
  return quote.time > known.time;
}
