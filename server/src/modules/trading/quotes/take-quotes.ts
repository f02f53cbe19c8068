// Takes quotes in and fires the orders that they reach, in one commit with the quote: each order is fired exactly once, even if a
// process dies. Fired orders are then filled by commands of their own (trade-orders/fill-fired.ts), at the price of the quote.
import type { BookCommand, CommandOutcome, Decision, Desk } from "../../desk/index.ts";
import { takeStamps } from "../../ledger/index.ts";
import { CANDLE_TICKS } from "../candles/candle-store.ts";
import { tradingError } from "../errors.ts";
import type { Instrument, InstrumentQuote } from "../instruments/instrument.ts";
import { INSTRUMENTS, QUOTED_INSTRUMENTS } from "../instruments/instrument-store.ts";
import { isWithinHours } from "../instruments/trading-hours.ts";
import { priceOf } from "../matching/meet-quote.ts";
import type { FillServices, TradingCaller } from "../services.ts";
import { fillFired } from "../trade-orders/fill-fired.ts";
import { fireOrder } from "../trade-orders/fire-order.ts";
import { isOver, type TradeOrder } from "../trade-orders/trade-order.ts";
import { TRADE_ORDERS } from "../trade-orders/trade-order-store.ts";
import { findQuoteFault, type QuoteFault, type SentQuote } from "./judge-quote.ts";
import { NEW_QUOTES, REACHED_ORDERS, type Reach, reachKey } from "./quote-store.ts";

export interface NewQuote extends SentQuote {
  readonly instrumentId: number;
}

/**
 * Takes the quotes in their order, and fills the orders they fire before it answers. Quotes that do not count are returned with
 * Locks their instruments. Refuses `instrument_not_found`.
 */
export async function takeQuotes(
  services: FillServices,
  caller: TradingCaller,
  quotes: readonly NewQuote[],
): Promise<CommandOutcome> {
  return takeBuiltQuotes(services, caller, { quotes, amend: (command) => command });
}

/** The same by a command that does more besides. */
export async function takeBuiltQuotes(
  services: FillServices,
  caller: TradingCaller,
  {
    quotes,
    amend,
  }: { readonly quotes: readonly NewQuote[]; readonly amend: (command: BookCommand) => BookCommand },
): Promise<CommandOutcome> {
  const taken: Taken = { firedIds: [] };
  const outcome = await services.desk.submit(amend(buildQuotesCommand(caller, quotes, taken)));
  await fillFired(services, taken.firedIds);
  return outcome;
}

/** The result of the last decision: a batch may be decided again. */
interface Taken {
  firedIds: number[];
}

function buildQuotesCommand(caller: TradingCaller, quotes: readonly NewQuote[], taken: Taken): BookCommand {
  const byInstrument = Map.groupBy(quotes, ({ instrumentId }) => instrumentId);
  const keys = [...byInstrument].map(([id, own]) => [id, reachKey(id, reachOf(own))] as const);
  return {
    event: "quote.take",
    ...caller,
    scope: { accountIds: [], stampCount: quotes.length + 1 },
    needs: [
      { reader: INSTRUMENTS, ids: [...byInstrument.keys()] },
      { reader: REACHED_ORDERS, ids: keys.map(([, key]) => key) },
    ],
    decide: (desk) => decide(desk, { caller, quotes, taken, keys: new Map(keys) }),
  };
}

function reachOf(quotes: readonly NewQuote[]): Reach {
  const of = (by: keyof Reach) => {
    const prices = quotes.map((quote) => priceOf(quote, by));
    return {
      low: prices.reduce((low, price) => (price < low ? price : low)),
      high: prices.reduce((high, price) => (price > high ? price : high)),
    };
  };
  return { last: of("last"), bid: of("bid"), ask: of("ask"), mid: of("mid") };
}

interface Taking {
  readonly caller: TradingCaller;
  readonly quotes: readonly NewQuote[];
  readonly taken: Taken;
  readonly keys: ReadonlyMap<number, string>;
}

function decide(desk: Desk, { caller, quotes, taken, keys }: Taking): Decision {
  const ignored: { index: number; reason: QuoteFault }[] = [];
  const fired: number[] = [];
  const missing = quotes.findIndex(({ instrumentId }) => !desk.rows.of(INSTRUMENTS).has(instrumentId));
  if (missing !== -1)
    throw tradingError("instrument_not_found", {
      fields: [{ field: `quotes[${missing}].instrument_id`, reason: "there is no such instrument" }],
    });
  const waiting = new Map([...keys].map(([id, key]) => [id, gatherWaiting(desk, id, key)]));
  for (const [index, sent] of quotes.entries()) {
    const { instrumentId } = sent;
    const instrument = desk.rows.of(INSTRUMENTS).get(instrumentId);
    if (instrument === undefined) throw new Error(`instrument ${instrumentId} was not read`);
    const fault = findQuoteFault(sent, instrument.quote, {
      now: desk.book.now,
      staleAfter: instrument.staleAfter,
    });
    if (fault !== undefined) {
      ignored.push({ index, reason: fault });
      continue;
    }
    const quoted = keepQuote(desk, instrument, sent);
    const own = waiting.get(instrumentId);
    if (own !== undefined) fired.push(...fireAll(desk, { quoted, waiting: own, actorId: caller.actor.id }));
  }
  taken.firedIds = fired;
  const answer = {
    accepted: quotes.length - ignored.length,
    ignored: ignored.slice(0, TOLD_MAX),
    fired: fired.length,
  };
  return { answer: JSON.stringify(answer), counted: [] };
}

const TOLD_MAX = 100;

/** As the earlier commands in the batch left them. */
function gatherWaiting(desk: Desk, instrumentId: number, key: string): Map<number, TradeOrder> {
  const waiting = new Map<number, TradeOrder>();
  for (const order of desk.rows.of(REACHED_ORDERS).get(key) ?? []) waiting.set(order.id, order);
  for (const order of desk.rows.of(TRADE_ORDERS).values())
    if (order.instrumentId === instrumentId) waiting.set(order.id, order);
  return new Map([...waiting].sort(([a], [b]) => a - b));
}

interface Quoted {
  readonly instrument: Instrument;
  readonly quote: InstrumentQuote;
}

function keepQuote(desk: Desk, before: Instrument, sent: NewQuote): Quoted {
  const { instrumentId, ...prices } = sent;
  const fires = before.state === "open" && isWithinHours(before, desk.book.now);
  const number = (before.quote?.number ?? 0) + 1;
  const quote = { ...prices, id: takeStamps(desk.book, 1), number, fires };
  const instrument = { ...before, quote };
  desk.rows.of(INSTRUMENTS).set(instrumentId, instrument);
  desk.rows.add(QUOTED_INSTRUMENTS, instrument);
  desk.rows.add(NEW_QUOTES, { ...quote, instrumentId });
  const { timeZone } = before;
  desk.rows.add(CANDLE_TICKS, { instrumentId, timeZone, last: quote.last, time: quote.time });
  return { instrument, quote };
}

interface Firing {
  readonly quoted: Quoted;
  /** Modified as the orders change. */
  readonly waiting: Map<number, TradeOrder>;
  readonly actorId: string;
}

/** @returns the ids of the orders to be filled, oldest first */
function fireAll(desk: Desk, { quoted, waiting, actorId }: Firing): number[] {
  if (!quoted.quote.fires) return [];
  const fired: number[] = [];
  const { now } = desk.book;
  const { session } = quoted.instrument;
  const firedGroups = new Set(
    [...waiting.values()].flatMap(({ state, groupId }) => (state === "fired" ? (groupId ?? []) : [])),
  );
  for (const order of waiting.values()) {
    const isEnding = order.groupId !== null && firedGroups.has(order.groupId);
    if (order.watch === null || isEnding || isOver(order, { now, session })) continue;
    const next = fireOrder(desk, order, { ...quoted, actorId });
    waiting.set(order.id, next);
    if (next.state !== "fired") continue;
    fired.push(order.id);
    if (order.groupId !== null) firedGroups.add(order.groupId);
  }
  return fired;
}
