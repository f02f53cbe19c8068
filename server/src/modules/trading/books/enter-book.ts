// Brings an order into its book at the desk: it is dealt with what it crosses, by price and time, and what is left rests, or ends. The
// core decides (matching/match-orders.ts); this file books what it tells.
import { AppError } from "../../../values/app-error.ts";
import { type Desk, leaveRow, rereadFirst } from "../../desk/index.ts";
import { allOrNothing, ledgerError, placeHold, takeStamps } from "../../ledger/index.ts";
import { tradingError } from "../errors.ts";
import { type Instrument, sidesOf } from "../instruments/instrument.ts";
import { type MatchCommand, type MatchEvent, matchCommand } from "../matching/match-orders.ts";
import { BOOK_NUMBER_MAX, undoTo } from "../matching/order-book.ts";
import { POSITIONS } from "../positions/position-store.ts";
import type { TradeNotice } from "../services.ts";
import { needOf } from "../trade-orders/hold-of-order.ts";
import { keepOrder, saveOrder } from "../trade-orders/save-order.ts";
import { heldAccountOf, moved, ownerOf, type TradeOrder } from "../trade-orders/trade-order.ts";
import { TRADE_ORDERS } from "../trade-orders/trade-order-store.ts";
import { BOOK_HEADS } from "./book-store.ts";
import { type BookStep, endInBook, isAtHand, releaseRest, tradeInBook } from "./book-trade.ts";
import type { LiveBook } from "./live-books.ts";

/** One command deals with at most so many resting orders. */
export const TRADES_PER_ORDER_MAX = 500;

export interface Entry {
  readonly instrument: Instrument;
  readonly live: LiveBook;
  readonly actorId: string;
  /** Billionths: it is not dealt at a worse price. */
  readonly price: bigint;
}

/** A resting order that cannot take part, because one of its accounts is not open. */
interface UnfitMaker {
  readonly unfitId: number;
  readonly code: string;
}

function isUnfit(outcome: object): outcome is UnfitMaker {
  return "unfitId" in outcome;
}

/**
 * The order as it is then. It must be saved and hold what it needs. Refuses `post_only_would_trade`, `too_many_trades`,
 * `number_too_large`, what the ledger does, and `try_again` where the batch has not locked what it deals with; then nothing was
 * booked. Resting orders that cannot be dealt with, because an account of theirs is not open, end as failed.
 */
export function enterBook(desk: Desk, order: TradeOrder, entry: Entry): TradeOrder | AppError {
  for (;;) {
    const outcome = allOrNothing<TradeOrder | AppError | UnfitMaker>(desk.book, {
      decide: () => tryToEnter(desk, order, entry),
      failed: (result) => result instanceof AppError || isUnfit(result),
    });
    if (!isUnfit(outcome)) return outcome;
    failMaker(desk, outcome, entry);
  }
}

/** Counts a change of the book; taken back with the command's bookings. @returns its number */
export function beginChange(desk: Desk, live: LiveBook): number {
  const { version, book } = live;
  const mark = book.undoLog?.length ?? 0;
  const seq = version.seq + 1;
  live.version = { seq, stamp: takeStamps(desk.book, 1) };
  desk.book.undoLog?.push(() => {
    undoTo(book, mark);
    live.version = version;
  });
  leaveRow(desk, BOOK_HEADS, { id: live.instrumentId, ...live.version });
  return seq;
}

/** For `Decision.committed`: what the batch did to its book is there for good. `trades` is told where that may be trades. */
export function confirmer(live: LiveBook | undefined, trades?: TradeNotice): (() => void) | undefined {
  if (live === undefined) return undefined;
  const { version } = live;
  return () => {
    live.committed = version;
    trades?.notice(live.instrumentId);
  };
}

/** Takes a resting order out of its book, or a part of it. */
export function changeInBook(
  desk: Desk,
  live: LiveBook,
  command: Extract<MatchCommand, { do: "cancel" | "reduce" }>,
): number {
  const seq = beginChange(desk, live);
  const [event] = matchCommand(live.book, command, { now: desk.book.now, session: 0 });
  if (event === undefined || event.is === "refused")
    throw new Error(`trade order ${command.id} is not in its book`);
  return seq;
}

function tryToEnter(desk: Desk, order: TradeOrder, entry: Entry): TradeOrder | AppError | UnfitMaker {
  const { live, instrument } = entry;
  const { tick, lot } = live.grid;
  const [price, quantity] = [entry.price / tick, (order.quantity - order.filled) / lot];
  if (price > BOOK_NUMBER_MAX || quantity > BOOK_NUMBER_MAX) return tooLarge(price > BOOK_NUMBER_MAX);
  const seq = beginChange(desk, live);
  const events = matchCommand(
    live.book,
    {
      ...{ do: "place", id: order.id, owner: order.ownerId, side: order.side },
      ...{ price: Number(price), quantity: Number(quantity), remainder: remainderOf(order) },
      ...{ isPostOnly: order.postOnly, selfTrade: order.selfTrade },
      expiresAt: order.expiresAt ?? Number.POSITIVE_INFINITY,
      session: order.session ?? Number.POSITIVE_INFINITY,
    },
    { now: desk.book.now, session: instrument.session },
  );
  if (events.length > TRADES_PER_ORDER_MAX + 1) return tradingError("too_many_trades");
  return bookEvents(desk, events, { order, entry, seq });
}

function remainderOf({ timeInForce, limitPrice }: TradeOrder) {
  if (timeInForce === "FOK") return "all_or_none";
  return timeInForce === "IOC" || limitPrice === null ? "ends" : "rests";
}

function tooLarge(isPrice: boolean): AppError {
  const fields = [
    {
      field: isPrice ? "limit_price" : "quantity",
      reason: `is more than 2^53 ${isPrice ? "ticks" : "lots"}`,
    },
  ];
  return tradingError("number_too_large", { fields });
}

interface Booking {
  readonly order: TradeOrder;
  readonly entry: Entry;
  readonly seq: number;
}

function bookEvents(
  desk: Desk,
  events: readonly MatchEvent[],
  booking: Booking,
): TradeOrder | AppError | UnfitMaker {
  let order = booking.order;
  for (const event of events) {
    const next = bookEvent(desk, event, { ...booking, order });
    if (next instanceof AppError || isUnfit(next)) return next;
    order = next;
  }
  return order;
}

/** @returns the order that came, after the event */
function bookEvent(desk: Desk, event: MatchEvent, booking: Booking): TradeOrder | AppError | UnfitMaker {
  const { order } = booking;
  if (event.is === "refused") return tradingError("post_only_would_trade");
  if (event.is === "rested") return rest(desk, booking);
  if (event.is === "replaced") return order;
  if (event.is !== "filled" && event.id === order.id) return bookOwn(desk, event, booking);
  const maker = findMaker(desk, event.is === "filled" ? event.makerId : event.id);
  if (maker === undefined) return rereadFirst();
  if (event.is === "filled") return deal(desk, event, { ...booking, maker });
  bookOther(desk, event, { ...booking, maker });
  return order;
}

function findMaker(desk: Desk, id: number): TradeOrder | undefined {
  const maker = desk.rows.of(TRADE_ORDERS).get(id);
  const isThere = maker !== undefined && isAtHand(desk, maker, desk.rows.of(POSITIONS));
  return isThere ? maker : undefined;
}

function deal(
  desk: Desk,
  { price, quantity }: Extract<MatchEvent, { is: "filled" }>,
  { order, maker, entry, seq }: Booking & { maker: TradeOrder },
): TradeOrder | AppError | UnfitMaker {
  const { instrument, actorId, live } = entry;
  const traded = tradeInBook(desk, {
    ...{ taker: order, maker, instrument, actorId, seq },
    quantity: BigInt(quantity) * live.grid.lot,
    price: BigInt(price) * live.grid.tick,
  });
  if (!(traded instanceof AppError)) return traded.taker;
  const accountId = Number(traded.details["account_id"]);
  const isMakers = accountId === maker.cashAccountId || accountId === maker.assetAccountId;
  return isMakers ? { unfitId: maker.id, code: traded.code } : traded;
}

/** What happens to the order that came, other than trades and resting. */
function bookOwn(
  desk: Desk,
  event: Exclude<MatchEvent, { is: "filled" | "rested" | "refused" | "replaced" }>,
  { order, entry, seq }: Booking,
): TradeOrder {
  const step: BookStep = { ...entry, seq };
  if (event.is === "reduced") {
    const quantity = order.quantity - BigInt(event.by) * entry.live.grid.lot;
    const reduced = moved(order, { quantity, bookSeq: seq });
    saveOrder(desk, reduced, { ...step, event: "reduced", note: "it met an order of its owner" });
    return reduced;
  }
  const isOfOwner = event.is === "cancelled" && event.reason === "self_trade";
  if (isOfOwner)
    return endInBook(desk, order, { ...step, as: "cancelled", reason: "it met an order of its owner" });
  const what = order.filled > 0n ? "the rest of it" : "it";
  return endInBook(desk, order, { ...step, as: "expired", reason: `${what} could not be dealt at once` });
}

/** What happens to a resting order other than trades: it is over, or meets one of its owner. */
function bookOther(
  desk: Desk,
  event: Exclude<MatchEvent, { is: "filled" | "rested" | "refused" | "replaced" }>,
  { order, maker, entry, seq }: Booking & { maker: TradeOrder },
): void {
  const step: BookStep = { ...entry, seq };
  const reason = `it met trade order ${order.id} of its owner`;
  if (event.is === "reduced")
    reduceResting(desk, maker, {
      ...step,
      live: entry.live,
      quantity: maker.quantity - BigInt(event.by) * entry.live.grid.lot,
    });
  else if (event.is === "expired")
    endInBook(desk, maker, { ...step, as: "expired", reason: "its time is over" });
  else endInBook(desk, maker, { ...step, as: "cancelled", reason });
}

/** Less quantity, same place: the hold is swapped for a smaller one. */
export function reduceResting(
  desk: Desk,
  order: TradeOrder,
  change: BookStep & { readonly live: LiveBook; readonly quantity: bigint },
): TradeOrder {
  const { instrument, actorId, seq, live, quantity } = change;
  const held = swapHold(desk, { ...order, quantity }, { instrument, actorId });
  if (held instanceof AppError) throw held; // less than what was free a moment ago
  const reduced = moved(order, { ...held, quantity, bookSeq: seq });
  saveOrder(desk, reduced, { event: "reduced", actorId, instrument });
  noteMaker(desk, live, reduced);
  return reduced;
}

function rest(desk: Desk, { order, entry, seq }: Booking): TradeOrder | AppError {
  const { live } = entry;
  const held = swapHold(desk, order, entry);
  if (held instanceof AppError) return held;
  const place = { state: "resting", priority: seq, bookSeq: seq, version: order.version + 1 } as const;
  const resting: TradeOrder = { ...order, ...held, ...place };
  keepOrder(desk, resting);
  noteMaker(desk, live, resting);
  return resting;
}

/** What later commands need to know to deal with it; taken back with the command. */
function noteMaker(desk: Desk, { makers }: LiveBook, order: TradeOrder): void {
  const { id, holdId, cashAccountId, assetAccountId, priority } = order;
  const before = makers.get(id);
  makers.set(id, { id, holdId, cashAccountId, assetAccountId, priority: priority ?? 0 });
  desk.book.undoLog?.push(() => {
    if (before === undefined) makers.delete(id);
    else makers.set(id, before);
  });
}

/** Where its hold keeps another amount than what is left of it needs, it is swapped for one that keeps just that. */
function swapHold(
  desk: Desk,
  order: TradeOrder,
  { instrument, actorId }: Pick<Entry, "instrument" | "actorId">,
): Pick<TradeOrder, "holdId" | "held"> | AppError {
  const expected = order.limitPrice ?? undefined;
  const need = needOf(desk.assets, instrument, { order, price: undefined, expected });
  if (need === order.held && order.holdId !== null) return { holdId: order.holdId, held: need };
  releaseRest(desk, order);
  const { security, money } = sidesOf(desk.assets, instrument);
  const hold = placeHold(desk.book, {
    ...{ kind: "ORDER_HOLD", actorId, reference: `trade order ${order.id}`, owner: ownerOf(order) },
    ...{ debitAccountId: heldAccountOf(order), amount: need },
    creditAccountId: desk.assets.systemAccount((order.side === "buy" ? money : security).id, "dealing"),
  });
  return "refused" in hold ? ledgerError(hold.refused, hold.details) : { holdId: hold.id, held: need };
}

function failMaker(desk: Desk, { unfitId: id, code }: UnfitMaker, entry: Entry): void {
  const maker = findMaker(desk, id);
  if (maker === undefined) throw new Error(`trade order ${id} is gone`);
  const seq = changeInBook(desk, entry.live, { do: "cancel", id });
  endInBook(desk, maker, { ...entry, seq, as: "failed", reason: `it could not be dealt: ${code}` });
}
