// A candle: what the quotes of a minute, five minutes, an hour or a day came to. Minutes and hours begin by UTC, days at midnight
// in the instrument's time zone. Quotes join a candle in the order in which they counted; one that does not count joins none.
import { startOfDay } from "../instruments/trading-hours.ts";

export const INTERVALS = { "1m": 1, "5m": 2, "1h": 3, "1d": 4 } as const;
export type Interval = keyof typeof INTERVALS;

/** Prices in billionths, of the quotes' last price. */
export interface Candle {
  readonly instrumentId: number;
  readonly interval: Interval;
  /** Stamp. */
  readonly startsAt: number;
  readonly open: bigint;
  readonly high: bigint;
  readonly low: bigint;
  readonly close: bigint;
  /** How many quotes it has: grows with every change of the candle. */
  readonly quotes: number;
}

/** What a candle takes of a quote. */
export interface Tick {
  readonly instrumentId: number;
  readonly timeZone: string;
  readonly last: bigint;
  /** Stamp: the quote's time according to its source. */
  readonly time: number;
}

const MINUTE = 60_000_000;
const LENGTHS = { "1m": MINUTE, "5m": 5 * MINUTE, "1h": 60 * MINUTE } as const;

/** The candles that these quotes alone come to, in the order of their keys. */
export function gatherCandles(ticks: readonly Tick[]): Candle[] {
  const candles = new Map<string, Candle>();
  for (const tick of ticks)
    for (const interval of Object.keys(INTERVALS) as Interval[]) {
      const startsAt = startOf(tick, interval);
      const key = `${tick.instrumentId} ${interval} ${startsAt}`;
      candles.set(key, join(candles.get(key), tick, { interval, startsAt }));
    }
  return [...candles.values()].sort(compareKeys);
}

function startOf(tick: Tick, interval: Interval): number {
  return interval === "1d" ? startOfDay(tick, tick.time) : tick.time - (tick.time % LENGTHS[interval]);
}

function join(
  candle: Candle | undefined,
  { instrumentId, last }: Tick,
  key: Pick<Candle, "interval" | "startsAt">,
): Candle {
  if (candle === undefined)
    return { instrumentId, ...key, open: last, high: last, low: last, close: last, quotes: 1 };
  return {
    ...candle,
    high: last > candle.high ? last : candle.high,
    low: last < candle.low ? last : candle.low,
    close: last,
    quotes: candle.quotes + 1,
  };
}

function compareKeys(a: Candle, b: Candle): number {
  return (
    a.instrumentId - b.instrumentId ||
    INTERVALS[a.interval] - INTERVALS[b.interval] ||
    a.startsAt - b.startsAt
  );
}
