// Replaces the price or the quantity of a waiting order: the old hold is swapped for the new one in one commit, so that a refusal
// changes nothing. If the newest quote has reached the new price, the order is filled at once, as a newly placed one would be.
import { checkVersion } from "../../../http/version.ts";
import { AppError } from "../../../values/app-error.ts";
import {
  type BookCommand,
  type CommandOutcome,
  type Decision,
  type Desk,
  rereadFirst,
  submitRereading,
} from "../../desk/index.ts";
import { ASSET_STATES, allOrNothing, ledgerError, refuseInactive, releaseHold } from "../../ledger/index.ts";
import { changeInBook, confirmer, enterBook, reduceResting } from "../books/enter-book.ts";
import type { LiveBook } from "../books/live-books.ts";
import { needBook, reachBook, STAMPS_IN_BOOK, type Wanted } from "../books/reach-book.ts";
import { tradingError } from "../errors.ts";
import { getInstrument } from "../instruments/find-instruments.ts";
import { type Instrument, isStale, sidesOf } from "../instruments/instrument.ts";
import { INSTRUMENTS } from "../instruments/instrument-store.ts";
import { dealtPrice, isReached } from "../matching/meet-quote.ts";
import { POSITIONS } from "../positions/position-store.ts";
import type { TradingCaller, TradingServices } from "../services.ts";
import { TRADING_STOPS } from "../stops/trading-stop-store.ts";
import { refuseStopped, stopKeys } from "../stops/trading-stops.ts";
import { refuseClosed, refusePrices, refuseQuantity } from "./check-new-order.ts";
import { describeTradeOrder } from "./describe-trade-order.ts";
import { fillOrder, scopeOfFill } from "./fill-order.ts";
import { getTradeOrder } from "./find-trade-orders.ts";
import { holdFor, needOf } from "./hold-of-order.ts";
import { othersOf } from "./related-orders.ts";
import { saveOrder } from "./save-order.ts";
import { heldAccountOf, isEnded, moved, ownerOf, type TradeOrder } from "./trade-order.ts";
import { RELATED_ORDERS, TRADE_ORDERS } from "./trade-order-store.ts";
import { isConditional, watchAtFirst } from "./watch-of-order.ts";

/** The changes; undefined fields stay as they are. */
export interface Replacement {
  readonly id: number;
  readonly quantity: bigint | undefined;
  readonly limitPrice: bigint | undefined;
  readonly stopPrice: bigint | undefined;
  readonly versions: readonly number[] | undefined;
}

const STAMPS_OF_SWAP = 3 + STAMPS_IN_BOOK;

/**
 * Refuses `trade_order_not_open`, `trade_order_not_so`, `version_mismatch`, `condition_met_already`, and what placing does.
 * @throws AppError `not_found/trade_order_not_found`
 */
export function replaceTradeOrder(
  services: TradingServices,
  caller: TradingCaller,
  replacement: Replacement,
): Promise<CommandOutcome> {
  return submitRereading(services.desk, () => buildReplaceCommand(services, caller, replacement));
}

async function buildReplaceCommand(
  services: TradingServices,
  caller: TradingCaller,
  replacement: Replacement,
): Promise<BookCommand> {
  const read = await getTradeOrder(services, caller.actor, replacement.id);
  const instrument = await getInstrument(services.db, read.instrumentId);
  const { security, money } = sidesOf(services.assets, instrument);
  const scope = scopeOfFill(services.assets, instrument, read);
  return {
    event: "trade_order.replace",
    ...caller,
    scope: {
      ...scope,
      holdIds: read.holdId === null ? [] : [read.holdId],
      stampCount: scope.stampCount + STAMPS_OF_SWAP,
    },
    ...(instrument.venue === "book" ? { reach: reachBook(services, wantedBy(read, replacement)) } : {}),
    needs: [
      ...services.moneyGuard.needsOf(heldAccountOf(read)),
      { reader: ASSET_STATES, ids: [security.id, money.id] },
      { reader: INSTRUMENTS, ids: [instrument.id] },
      ...needBook(services, instrument),
      { reader: TRADING_STOPS, ids: stopKeys(read.ownerId, instrument.id) },
      { reader: TRADE_ORDERS, ids: [read.id] },
      { reader: RELATED_ORDERS, ids: [read.id, ...(read.groupId === null ? [] : [read.groupId])] },
      { reader: POSITIONS, ids: [read.assetAccountId] },
    ],
    decide: (desk) => decide(desk, { services, caller, replacement, read }),
  };
}

function wantedBy(read: TradeOrder, { quantity = read.quantity, limitPrice }: Replacement): Wanted {
  const { instrumentId, ownerId, side } = read;
  return { instrumentId, ownerId, side, price: limitPrice ?? read.limitPrice, quantity };
}

interface Replacing {
  readonly services: TradingServices;
  readonly caller: TradingCaller;
  readonly replacement: Replacement;
  readonly read: TradeOrder;
}

function decide(desk: Desk, replacing: Replacing): Decision | AppError {
  const { services, replacement, read } = replacing;
  const order = desk.rows.of(TRADE_ORDERS).get(read.id);
  const instrument = desk.rows.of(INSTRUMENTS).get(read.instrumentId);
  if (order === undefined || instrument === undefined) return tradingError("trade_order_not_found");
  checkVersion(order.version, replacement.versions);
  if (isEnded(order) || order.state === "fired")
    return tradingError("trade_order_not_open", {
      message: `The trade order is ${order.state}.`,
      state: order.state,
    });
  if (order.holdId !== read.holdId) return rereadFirst();
  const refused = refuseReplacing(desk, { order, instrument, replacement, services });
  if (refused !== undefined) return refused;
  const next = { ...order, ...changesOf(order, replacement) };
  const watched = order.type === "trailing_stop" ? order : watchAtFirst(next, instrument);
  const replaced: TradeOrder = { ...next, watch: order.watch && watched.watch, extreme: watched.extreme };
  const outcome = allOrNothing<TradeOrder | AppError>(desk.book, {
    decide: () => swap(desk, replacing, { order, replaced, instrument }),
    failed: (result) => result instanceof AppError,
  });
  if (outcome instanceof AppError) return services.moneyGuard.keepBlocked(desk, outcome);
  const document = describeTradeOrder(desk.assets, { order: outcome, instrument });
  const resource = { type: "trade_order", id: document.id };
  const committed = confirmer(desk.rows.of(services.books.reader).get(instrument.id), services.trades);
  return { answer: JSON.stringify(document), counted: [], resource, committed };
}

function changesOf(order: TradeOrder, { quantity, limitPrice, stopPrice }: Replacement) {
  return {
    quantity: quantity ?? order.quantity,
    limitPrice: limitPrice ?? order.limitPrice,
    stopPrice: stopPrice ?? order.stopPrice,
  };
}

function refuseReplacing(
  desk: Desk,
  {
    order,
    instrument,
    replacement,
    services,
  }: { order: TradeOrder; instrument: Instrument; replacement: Replacement; services: TradingServices },
): AppError | undefined {
  const { assets } = services;
  const closed = refuseClosed(instrument, desk.book.now);
  if (closed !== undefined) return closed;
  const { security, money } = sidesOf(assets, instrument);
  for (const asset of [security, money])
    if (desk.rows.of(ASSET_STATES).get(asset.id) === false) return refuseInactive(asset.code);
  const notSo = (field: string, reason: string) =>
    tradingError("trade_order_not_so", { fields: [{ field, reason }] });
  const { quantity, limitPrice, stopPrice } = replacement;
  if (limitPrice !== undefined && order.limitPrice === null)
    return notSo("limit_price", "the order has none");
  if (stopPrice !== undefined && (order.stopPrice === null || order.state === "resting"))
    return notSo("stop_price", "the order has none, or none any more");
  if (quantity !== undefined && (order.groupId !== null || order.parentId !== null))
    return notSo("quantity", "is that of its pair or of its entry: cancel it and place another");
  if (quantity !== undefined && order.lots !== null)
    return notSo("quantity", "is that of the chosen lots: cancel it and place another");
  if (quantity !== undefined && quantity <= order.filled)
    return notSo("quantity", "must be more than what is filled");
  const prices = { side: order.side, limitPrice, stopPrice };
  const expected = limitPrice ?? order.limitPrice ?? stopPrice ?? order.stopPrice ?? order.watch?.price;
  return (
    refusePrices(assets, instrument, prices) ??
    refuseQuantity(assets, instrument, { quantity: quantity ?? order.quantity, price: expected })
  );
}

/** Swaps its hold for the one it now needs; then it is filled if the newest quote has reached it. */
function swap(
  desk: Desk,
  { services, caller }: Replacing,
  { order, replaced, instrument }: { order: TradeOrder; replaced: TradeOrder; instrument: Instrument },
): TradeOrder | AppError {
  const { quote } = instrument;
  const { actor } = caller;
  const live = desk.rows.of(services.books.reader).get(instrument.id);
  if (order.priority !== null && live !== undefined)
    return replaceInBook(desk, { services, actor, order, replaced, instrument, live });
  const isAtPrice =
    quote !== null &&
    !isStale(instrument, desk.book.now) &&
    replaced.watch !== null &&
    isReached(replaced.watch, quote);
  if (isAtPrice && (replaced.groupId !== null || (isConditional(order) && order.state === "waiting")))
    return tradingError("condition_met_already");
  const held = reserve(desk, services, { order, replaced, instrument, actor });
  if (held instanceof AppError) return held;
  const next = moved(replaced, held);
  saveOrder(desk, next, { event: "replaced", actorId: actor.id, instrument });
  if (!isAtPrice || quote === null) return next;
  const price = dealtPrice(quote, order.side);
  return fillOrder(desk, next, { instrument, price, quoteId: quote.id, actorId: actor.id });
}

/** Less quantity keeps its place; another price or more quantity is placed anew, behind all others. */
function replaceInBook(
  desk: Desk,
  change: {
    services: TradingServices;
    actor: TradingCaller["actor"];
    order: TradeOrder;
    replaced: TradeOrder;
    instrument: Instrument;
    live: LiveBook;
  },
): TradeOrder | AppError {
  const { services, actor, order, replaced, instrument, live } = change;
  const { id, limitPrice, quantity } = order;
  const step = { instrument, actorId: actor.id };
  if (replaced.limitPrice === limitPrice && replaced.quantity <= quantity) {
    if (replaced.quantity === quantity) return order;
    const by = Number((quantity - replaced.quantity) / live.grid.lot);
    const seq = changeInBook(desk, live, { do: "reduce", id, by });
    return reduceResting(desk, order, { ...step, live, seq, quantity: replaced.quantity });
  }
  const stopped = refuseStopped(desk, order.ownerId, instrument.id);
  if (stopped !== undefined) return stopped;
  const bookSeq = changeInBook(desk, live, { do: "cancel", id });
  const held = reserve(desk, services, { order, replaced, instrument, actor });
  if (held instanceof AppError) return held;
  const next = moved(replaced, { ...held, priority: null, bookSeq });
  saveOrder(desk, next, { ...step, event: "replaced" });
  return enterBook(desk, next, { ...step, live, price: next.limitPrice ?? 0n });
}

function reserve(
  desk: Desk,
  services: TradingServices,
  {
    order,
    replaced,
    instrument,
    actor,
  }: { order: TradeOrder; replaced: TradeOrder; instrument: Instrument; actor: TradingCaller["actor"] },
): Pick<TradeOrder, "holdId" | "held"> | AppError {
  const { holdId, held } = order;
  if (holdId === null) return { holdId, held };
  const expected = replaced.limitPrice ?? replaced.stopPrice ?? replaced.watch?.price ?? 0n;
  const need = needOf(desk.assets, instrument, { order: replaced, price: undefined, expected });
  if (need === held) return { holdId, held };
  if (othersOf(desk, order).length > 0)
    return need < held
      ? { holdId, held }
      : tradingError("trade_order_not_so", {
          fields: [
            { field: "limit_price", reason: "costs more than the pair holds: cancel both and place others" },
          ],
        });
  const freed = releaseHold(desk.book, holdId, ownerOf(order));
  if ("refused" in freed) return ledgerError(freed.refused, freed.details);
  const hold = holdFor(desk, services, { actor, order: replaced, amount: need, instrument });
  return hold instanceof AppError ? hold : { holdId: hold.holdId, held: hold.amount };
}
