// Verifies what follows from the recorded quotes: every waiting order that one of them should have fired has fired, a trailing stop
// remembers the best price that came, and candles are what their quotes come to.
import type { Tx } from "../../../runtime/transaction.ts";
import { tellBoth } from "../../../values/difference.ts";
import { formatStamp } from "../../../values/time.ts";
import { type PriceSource, priceOf } from "../matching/meet-quote.ts";
import * as store from "./verify-quotes-store.ts";

const PAGE = 2_000;

export interface QuoteDifference {
  readonly check: "trade_triggers" | "trade_candles";
  readonly what: string;
  readonly orderId?: number;
  readonly expected?: string;
  readonly stored?: string;
}
type Found = Promise<QuoteDifference | undefined>;

/** The lowest and highest price from one quote to the newest, kept where either changes. Newest first. */
interface Extreme {
  readonly number: number;
  readonly quoteId: number;
  readonly price: bigint;
}
type Extremes = Readonly<Record<PriceSource, { readonly lows: Extreme[]; readonly highs: Extreme[] }>>;

/** Every order waits for a quote later than the newest that it was saved beside: none of these may have reached it. */
export async function checkTriggers({ tx }: { readonly tx: Tx }): Found {
  for (const { instrumentId, seenQuote } of await store.selectWatchedInstruments(tx)) {
    const extremes = await readExtremes(tx, instrumentId, seenQuote);
    for (let afterId = 0; ; ) {
      const orders = await store.selectWaitingOrders(tx, { instrumentId, afterId, limit: PAGE });
      for (const order of orders) {
        const what = findMissed(order, extremes);
        if (what !== undefined) return { check: "trade_triggers", what, orderId: order.orderId };
      }
      if (orders.length < PAGE) break;
      afterId = orders.at(-1)?.orderId ?? 0;
    }
  }
  return undefined;
}

async function readExtremes(tx: Tx, instrumentId: number, after: number): Promise<Extremes> {
  const none = () => ({ lows: [] as Extreme[], highs: [] as Extreme[] });
  const extremes: Extremes = { last: none(), bid: none(), ask: none(), mid: none() };
  for (let before = Number.MAX_SAFE_INTEGER; ; ) {
    const quotes = await store.selectFiringQuotes(tx, { instrumentId, after, before, limit: PAGE });
    for (const quote of quotes)
      for (const [by, { lows, highs }] of Object.entries(extremes) as [
        PriceSource,
        Extremes[PriceSource],
      ][]) {
        const price = priceOf(quote, by);
        const met = { number: quote.number, quoteId: quote.id, price };
        if (lows.length === 0 || price < (lows.at(-1)?.price ?? price)) lows.push(met);
        if (highs.length === 0 || price > (highs.at(-1)?.price ?? price)) highs.push(met);
      }
    if (quotes.length < PAGE) return extremes;
    before = quotes.at(-1)?.number ?? 0;
  }
}

function findMissed(order: store.WaitingOrder, extremes: Extremes): string | undefined {
  const { orderId, by, isFromAbove, price, extreme, seenQuote, expiresAt } = order;
  const { lows, highs } = extremes[by];
  const towards = isFromAbove ? lows : highs;
  // A trailing stop's price was another one when earlier quotes came: it is held against the newest alone.
  const met = extreme === null ? lastAfter(towards, seenQuote) : towards[0];
  const isReached = met !== undefined && (isFromAbove ? met.price <= price : met.price >= price);
  if (isReached && met.number > seenQuote && (expiresAt === null || expiresAt > met.quoteId))
    return `trade order ${orderId} waits, and quote ${met.quoteId} has reached it`;
  const best = extreme === null ? undefined : lastAfter(isFromAbove ? highs : lows, seenQuote);
  if (extreme === null || best === undefined) return undefined;
  const isForgotten = isFromAbove ? best.price > extreme : best.price < extreme;
  const isOver = expiresAt !== null && expiresAt <= best.quoteId;
  return isForgotten && !isOver
    ? `trade order ${orderId} trails the price, and does not remember quote ${best.quoteId}`
    : undefined;
}

/** The one that all quotes after `number` come to. */
function lastAfter(extremes: readonly Extreme[], number: number): Extreme | undefined {
  let [low, high] = [0, extremes.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((extremes[middle]?.number ?? 0) > number) low = middle + 1;
    else high = middle;
  }
  return extremes[low - 1];
}

/** Minutes against their quotes, five minutes and hours against their minutes, days by the number of quotes. */
export async function checkCandles({ tx, since }: { readonly tx: Tx; readonly since: number }): Found {
  const from = await store.selectEarliestHour(tx, since);
  const found =
    (await store.selectWrongMinute(tx, since)) ??
    (from === undefined ? undefined : await store.selectWrongRollup(tx, from)) ??
    (await store.selectWrongDays(tx));
  if (found === undefined) return undefined;
  const { instrumentId, startsAt, ...sums } = found;
  const when = startsAt === 0 ? "the days" : `a candle that begins at ${formatStamp(startsAt)}`;
  const what = `${when} of instrument ${instrumentId} is not what its quotes come to (prices in billionths, number of quotes)`;
  return { check: "trade_candles", what, ...tellBoth(sums, (told) => told) };
}
