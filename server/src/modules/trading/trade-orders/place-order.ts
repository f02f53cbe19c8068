// Places trade orders: one, or a pair where one ends the other. Their money is held, and one that can be filled now is filled
// in the same commit; a refusal of any part leaves no trace except its entry in the audit trail.

import { actsForAll } from "../../../values/actor.ts";
import { AppError } from "../../../values/app-error.ts";
import {
  type BookCommand,
  type CommandOutcome,
  type Decision,
  type Desk,
  submitRereading,
} from "../../desk/index.ts";
import { ASSET_STATES, allOrNothing, refuseInactive, takeStamps } from "../../ledger/index.ts";
import { confirmer, enterBook } from "../books/enter-book.ts";
import { collarInBook } from "../books/price-in-book.ts";
import { needBook, reachBook, STAMPS_IN_BOOK } from "../books/reach-book.ts";
import { tradingError } from "../errors.ts";
import { getInstrument } from "../instruments/find-instruments.ts";
import { type Instrument, isStale, sidesOf } from "../instruments/instrument.ts";
import { INSTRUMENTS } from "../instruments/instrument-store.ts";
import { dealtPrice, isReached } from "../matching/meet-quote.ts";
import { quantityFor } from "../matching/price.ts";
import { POSITIONS } from "../positions/position-store.ts";
import type { TradingCaller, TradingServices } from "../services.ts";
import { TRADING_STOPS } from "../stops/trading-stop-store.ts";
import { refuseStopped, stopKeys } from "../stops/trading-stops.ts";
import {
  refuseClosed,
  refuseLots,
  refuseMoreThanPosition,
  refusePrices,
  refuseQuantity,
} from "./check-new-order.ts";
import { describeTradeOrder } from "./describe-trade-order.ts";
import { fillOrder, scopeOfFill } from "./fill-order.ts";
import { findTradingAccounts, type TradingAccounts } from "./find-trading-accounts.ts";
import { holdFor, needOf } from "./hold-of-order.ts";
import { hashRequest, type NewTradeOrder } from "./new-trade-order.ts";
import { saveOrder } from "./save-order.ts";
import { fieldsOf, toExits, toOrder } from "./to-order.ts";
import { heldAccountOf, isEnded, moved, type TradeOrder } from "./trade-order.ts";
import { CLIENT_ORDERS, clientKey, OWNER_COUNTS } from "./trade-order-store.ts";
import { isConditional, watchAtFirst } from "./watch-of-order.ts";

const STAMPS_PER_ORDER = 8;

interface Placing {
  readonly services: TradingServices;
  readonly caller: TradingCaller;
  readonly orders: readonly NewTradeOrder[];
  readonly accounts: TradingAccounts;
  readonly requestHash: string;
}

/**
 * Places one order, or two of one side and instrument where one ends the other. Locks the accounts, the instrument and the owner.
 * Refuses `instrument_not_found`, `instrument_not_open`, `asset_inactive`, `account_not_found`, `trading_account_unfit`, `price_off_tick`,
 * `price_outside_band`, `quantity_off_lot`, `notional_outside_bounds`, `quote_missing`, `quote_stale`, `condition_met_already`,
 * `client_order_id_taken`, `too_many_open_orders`, `too_many_trade_orders`, `insufficient_funds`, and what the money guard does.
 * @throws AppError `not_found/…`, `refused/trading_account_unfit`
 */
export async function placeTradeOrders(
  services: TradingServices,
  caller: TradingCaller,
  orders: readonly NewTradeOrder[],
): Promise<CommandOutcome> {
  return submitRereading(services.desk, () => buildPlacingCommand(services, caller, orders));
}

export async function buildPlacingCommand(
  services: TradingServices,
  caller: TradingCaller,
  orders: readonly NewTradeOrder[],
): Promise<BookCommand> {
  const [first] = orders;
  if (first === undefined) throw new Error("nothing is ordered");
  const instrument = await getInstrument(services.db, first.instrumentId);
  const accounts = await findTradingAccounts(services, caller, { instrument, order: first });
  const { security, money } = sidesOf(services.assets, instrument);
  const scope = scopeOfFill(services.assets, instrument, accounts);
  const placing = { services, caller, orders, accounts, requestHash: hashRequest(orders) };
  const clientIds = orders.flatMap(({ clientOrderId }) => clientOrderId ?? []);
  return {
    event: "trade_order.place",
    ...caller,
    scope: { ...scope, stampCount: scope.stampCount + orders.length * STAMPS_PER_ORDER + STAMPS_IN_BOOK },
    needs: [
      ...services.moneyGuard.needsOf(heldAccountOf({ ...first, ...accounts })),
      { reader: ASSET_STATES, ids: [security.id, money.id] },
      { reader: INSTRUMENTS, ids: [first.instrumentId] },
      ...needBook(services, instrument),
      { reader: TRADING_STOPS, ids: stopKeys(accounts.ownerId, instrument.id) },
      { reader: POSITIONS, ids: [accounts.assetAccountId] },
      { reader: OWNER_COUNTS, ids: [accounts.ownerId] },
      { reader: CLIENT_ORDERS, ids: clientIds.map((id) => clientKey(accounts.ownerId, id)) },
    ],
    ...(instrument.venue === "book" ? reachOf(placing, first) : {}),
    decide: (desk) => decide(desk, placing),
  };
}

function reachOf({ services, accounts }: Placing, order: NewTradeOrder): Pick<BookCommand, "reach"> {
  const { instrumentId, side, limitPrice: price = null, quantity = 0n } = order;
  return { reach: reachBook(services, { instrumentId, ownerId: accounts.ownerId, side, price, quantity }) };
}

function decide(desk: Desk, placing: Placing): Decision | AppError {
  const { services, orders, accounts } = placing;
  const instrument = desk.rows.of(INSTRUMENTS).get(orders[0]?.instrumentId ?? 0);
  if (instrument === undefined) return tradingError("instrument_not_found");
  const before = findPlaced(desk, placing, instrument);
  if (before !== undefined) return before;
  const refused = refuse(desk, placing, instrument);
  if (refused !== undefined) return refused;
  const prepared = prepareAll(desk, placing, instrument);
  if (prepared instanceof AppError) return prepared;
  const placed = allOrNothing<readonly TradeOrder[] | AppError>(desk.book, {
    decide: () => bookAll(desk, placing, { instrument, prepared }),
    failed: (outcome) => outcome instanceof AppError,
  });
  if (placed instanceof AppError) return services.moneyGuard.keepBlocked(desk, placed);
  countPlaced(desk, accounts.ownerId, placed);
  const live = desk.rows.of(services.books.reader).get(instrument.id);
  const committed = confirmer(live, services.trades);
  return { ...answerWith(desk, placed, instrument), committed };
}

/** An order sent before is answered in its current state; a different order under the same name is refused. */
function findPlaced(
  desk: Desk,
  { orders, accounts, requestHash }: Placing,
  instrument: Instrument,
): Decision | AppError | undefined {
  const known = orders.flatMap(({ clientOrderId }) =>
    clientOrderId === undefined
      ? []
      : (desk.rows.of(CLIENT_ORDERS).get(clientKey(accounts.ownerId, clientOrderId)) ?? []),
  );
  if (known.length === 0) return undefined;
  if (known.length === orders.length && known.every((order) => order.requestHash === requestHash))
    return answerWith(desk, known, instrument);
  const fields = [{ field: "client_order_id", reason: `is trade order ${known[0]?.id}'s` }];
  return tradingError("client_order_id_taken", { fields });
}

function refuse(desk: Desk, { services, caller, orders, accounts }: Placing, instrument: Instrument) {
  const { assets, settings } = services;
  const closed = refuseClosed(instrument, desk.book.now);
  if (closed !== undefined) return closed;
  const { security, money } = sidesOf(assets, instrument);
  for (const asset of [security, money])
    if (desk.rows.of(ASSET_STATES).get(asset.id) === false) return refuseInactive(asset.code);
  const counts = desk.rows.of(OWNER_COUNTS).get(accounts.ownerId) ?? { open: 0, recent: 0 };
  if (counts.open + orders.length > settings.openOrdersMax)
    return tradingError("too_many_open_orders", { open: counts.open, largest: settings.openOrdersMax });
  const isLimited = settings.ordersPerMinuteMax > 0 && !actsForAll(caller.actor);
  if (isLimited && counts.recent + orders.length > settings.ordersPerMinuteMax)
    return tradingError("too_many_trade_orders", { retryAfterSeconds: 60 });
  const stopped = refuseStopped(desk, accounts.ownerId, instrument.id);
  if (stopped !== undefined) return stopped;
  for (const order of orders) {
    const refused =
      refusePrices(assets, instrument, order) ??
      refuseLots(desk, { order, accounts, instrument }) ??
      refuseMoreThanPosition(desk, order, accounts.assetAccountId);
    if (refused !== undefined) return refused;
  }
  return undefined;
}

interface Prepared {
  readonly order: TradeOrder;
  /** The amount held, in smallest units. */
  readonly need: bigint;
  /** It is filled at once, at this price. */
  readonly price: bigint | undefined;
  /** It goes into its book, and is not dealt at a worse price than this. */
  readonly bookPrice?: bigint | undefined;
  readonly exits: readonly TradeOrder[];
}

function prepareAll(desk: Desk, placing: Placing, instrument: Instrument): Prepared[] | AppError {
  const first = takeStamps(desk.book, placing.orders.length);
  const groupId = placing.orders.length > 1 ? first : null;
  const prepared: Prepared[] = [];
  for (const [index, order] of placing.orders.entries()) {
    const next = prepare(desk, placing, { instrument, order, id: first + index, groupId });
    if (next instanceof AppError) return next;
    prepared.push(next);
  }
  return prepared;
}

function prepare(
  desk: Desk,
  placing: Placing,
  {
    instrument,
    order,
    id,
    groupId,
  }: { instrument: Instrument; order: NewTradeOrder; id: number; groupId: number | null },
): Prepared | AppError {
  const { assets } = placing.services;
  if (isForBook(instrument, order)) return prepareForBook(desk, placing, { instrument, order, id });
  const { quote } = instrument;
  const { scales } = sidesOf(assets, instrument);
  const isOld = isStale(instrument, desk.book.now);
  if (order.type === "market" || order.type === "trailing_stop") {
    if (quote === null) return tradingError("quote_missing");
    if (isOld) return tradingError("quote_stale", { quoted_at: new Date(quote.time / 1_000).toISOString() });
  }
  const dealt = quote === null ? undefined : dealtPrice(quote, order.side);
  const watched = watchAtFirst(fieldsOf(order), instrument);
  const expected = order.limitPrice ?? order.stopPrice ?? watched.watch?.price ?? dealt;
  const quantity =
    order.quantity ??
    quantityFor(order.amount ?? 0n, expected ?? 1n, { lot: instrument.lot, scales, fees: instrument });
  const unfitting = refuseQuantity(assets, instrument, { quantity, price: expected });
  if (unfitting !== undefined) return unfitting;
  const isReachedNow = quote !== null && !isOld && watched.watch !== null && isReached(watched.watch, quote);
  if (isReachedNow && (isConditional(order) || groupId !== null))
    return tradingError("condition_met_already", {
      fields: [
        {
          field: order.stopPrice === undefined ? "limit_price" : "stop_price",
          reason: "the newest quote is there already",
        },
      ],
    });
  const isDealt = order.type === "market" || isReachedNow;
  const placed = toOrder(desk, placing, { instrument, order, id, groupId, quantity, watched });
  const need = needOf(assets, instrument, { order: placed, price: isDealt ? dealt : undefined, expected });
  const exits = toExits(desk, { entry: placed, order });
  return { order: placed, need, price: isDealt ? dealt : undefined, exits };
}

function isForBook({ venue }: Instrument, { type }: Pick<NewTradeOrder, "type">): boolean {
  return venue === "book" && (type === "market" || type === "limit");
}

function prepareForBook(
  desk: Desk,
  placing: Placing,
  { instrument, order, id }: { instrument: Instrument; order: NewTradeOrder; id: number },
): Prepared | AppError {
  const { assets, books } = placing.services;
  const live = desk.rows.of(books.reader).get(instrument.id);
  if (live === undefined) throw new Error(`the book of instrument ${instrument.id} was not read`);
  const bookPrice = order.limitPrice ?? collarInBook(live, order.side);
  const quantity = order.quantity ?? 0n;
  const unfitting = refuseQuantity(assets, instrument, { quantity, price: bookPrice });
  if (unfitting !== undefined) return unfitting;
  const watched = { watch: null, extreme: null };
  const placed = toOrder(desk, placing, { instrument, order, id, groupId: null, quantity, watched });
  const need = needOf(assets, instrument, { order: placed, price: bookPrice, expected: undefined });
  return { order: { ...placed, state: "resting" }, need, price: undefined, bookPrice, exits: [] };
}

function bookAll(
  desk: Desk,
  placing: Placing,
  { instrument, prepared }: { instrument: Instrument; prepared: readonly Prepared[] },
): TradeOrder[] | AppError {
  const actorId = placing.caller.actor.id;
  const isGoneAtOnce = ({ order, price, bookPrice }: Prepared) =>
    price === undefined &&
    bookPrice === undefined &&
    (order.type === "market" || order.timeInForce === "IOC" || order.timeInForce === "FOK");
  const waiting = prepared.filter((each) => !isGoneAtOnce(each));
  const largest = waiting.reduce((most, { need }) => (need > most ? need : most), 0n);
  const [first] = waiting;
  const hold =
    first === undefined
      ? undefined
      : holdFor(desk, placing.services, {
          ...{ order: first.order, amount: largest, instrument },
          actor: placing.caller.actor,
        });
  if (hold instanceof AppError) return hold;
  const placed: TradeOrder[] = [];
  for (const each of prepared) {
    const order: TradeOrder =
      hold === undefined || isGoneAtOnce(each)
        ? each.order
        : { ...each.order, holdId: hold.holdId, held: hold.amount };
    const kept = keepPlaced(desk, placing, { each, order, instrument, actorId, isGone: isGoneAtOnce(each) });
    if (kept instanceof AppError) return kept;
    placed.push(kept);
  }
  return placed;
}

function keepPlaced(
  desk: Desk,
  { services }: Placing,
  placed: { each: Prepared; order: TradeOrder; instrument: Instrument; actorId: string; isGone: boolean },
): TradeOrder | AppError {
  const { each, order, instrument, actorId, isGone } = placed;
  const step = { instrument, actorId };
  saveOrder(desk, order, { ...step, event: "placed", isNew: true });
  for (const exit of each.exits) saveOrder(desk, exit, { ...step, event: "placed", isNew: true });
  if (isGone) {
    const reason = "it could not be dealt at once";
    const ended = moved(order, { state: "expired", watch: null, reason });
    saveOrder(desk, ended, { ...step, event: "expired", note: reason });
    return ended;
  }
  const { quote } = instrument;
  const { bookPrice } = each;
  const live = desk.rows.of(services.books.reader).get(instrument.id);
  if (bookPrice !== undefined && live !== undefined)
    return enterBook(desk, order, { instrument, live, actorId, price: bookPrice });
  if (each.price === undefined || quote === null) return order;
  return fillOrder(desk, order, { instrument, price: each.price, quoteId: quote.id, actorId });
}

function countPlaced(desk: Desk, ownerId: string, placed: readonly TradeOrder[]): void {
  const counts = desk.rows.of(OWNER_COUNTS).get(ownerId) ?? { open: 0, recent: 0 };
  const open = placed.filter((order) => !isEnded(order)).length;
  desk.rows
    .of(OWNER_COUNTS)
    .set(ownerId, { open: counts.open + open, recent: counts.recent + placed.length });
  for (const order of placed)
    if (order.clientOrderId !== null)
      desk.rows.of(CLIENT_ORDERS).set(clientKey(ownerId, order.clientOrderId), order);
}

/** The document of one order, or of a pair. */
function answerWith(desk: Desk, placed: readonly TradeOrder[], instrument: Instrument): Decision {
  const documents = placed.map((order) => describeTradeOrder(desk.assets, { order, instrument }));
  const [first] = documents;
  if (first === undefined) throw new Error("nothing was placed");
  const answer = placed.length === 1 ? first : { group_id: first.group_id, orders: documents };
  return { answer: JSON.stringify(answer), counted: [], resource: { type: "trade_order", id: first.id } };
}
