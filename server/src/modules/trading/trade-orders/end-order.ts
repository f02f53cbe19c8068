// Ends orders before they are filled: cancelled by a person who may, or expired when their time is over. Their hold ends in the
// same commit, once: a pair's hold with its last order. A halt of the instrument never prevents this.
import { checkVersion } from "../../../http/version.ts";
import { SYSTEM_ACTOR } from "../../../values/actor.ts";
import { AppError } from "../../../values/app-error.ts";
import {
  type BookCommand,
  type CommandOutcome,
  type Decision,
  type Desk,
  type Reach,
  rereadFirst,
  submitRereading,
} from "../../desk/index.ts";
import { allOrNothing, releaseHold } from "../../ledger/index.ts";
import { changeInBook, confirmer } from "../books/enter-book.ts";
import { needBook, reachBook, type Wanted } from "../books/reach-book.ts";
import { tradingError } from "../errors.ts";
import { getInstrument } from "../instruments/find-instruments.ts";
import { type Instrument, sidesOf } from "../instruments/instrument.ts";
import { INSTRUMENTS } from "../instruments/instrument-store.ts";
import { otherSide } from "../matching/order-book.ts";
import type { TradingCaller, TradingServices } from "../services.ts";
import { describeTradeOrder } from "./describe-trade-order.ts";
import { getTradeOrder } from "./find-trade-orders.ts";
import { cancelRelated, exitsOf, othersOf } from "./related-orders.ts";
import { saveOrder } from "./save-order.ts";
import {
  AT_ITS_END,
  heldAccountOf,
  isEnded,
  isOver,
  moved,
  ownerOf,
  type TradeOrder,
} from "./trade-order.ts";
import { type OpenOrderFilter, selectOpenIds, selectOverIds } from "./trade-order-read-store.ts";
import { RELATED_ORDERS, TRADE_ORDERS } from "./trade-order-store.ts";

const STAMPS_PER_END = 4;
const ORDERS_PER_ROUND_MAX = 500;
const ROUNDS_MAX = 20;

export interface Ending {
  readonly id: number;
  readonly as: "cancelled" | "expired";
  readonly versions?: readonly number[] | undefined;
  /** Default: who cancelled it. */
  readonly reason?: string | undefined;
}

/**
 * Ends one order. Refuses `trade_order_not_open`, `version_mismatch`; an expiry not due, or of an ended order, does nothing.
 * @throws AppError `not_found/trade_order_not_found`
 */
export function endTradeOrder(
  services: TradingServices,
  caller: TradingCaller,
  ending: Ending,
): Promise<CommandOutcome> {
  return submitRereading(services.desk, () => buildEndCommand(services, caller, ending));
}

async function buildEndCommand(
  services: TradingServices,
  caller: TradingCaller,
  ending: Ending,
): Promise<BookCommand> {
  const read = await getTradeOrder(services, caller.actor, ending.id);
  const instrument = await getInstrument(services.db, read.instrumentId);
  const { security, money } = sidesOf(services.assets, instrument);
  const asset = read.side === "buy" ? money : security;
  return {
    event: ending.as === "cancelled" ? "trade_order.cancel" : "trade_order.expire",
    ...caller,
    scope: {
      accountIds: [heldAccountOf(read), services.assets.systemAccount(asset.id, "dealing")],
      holdIds: read.holdId === null ? [] : [read.holdId],
      stampCount: STAMPS_PER_END,
    },
    ...(instrument.venue === "book" ? { reach: reachBook(services, leavingOf(read)) } : {}),
    needs: [
      { reader: INSTRUMENTS, ids: [instrument.id] },
      ...needBook(services, instrument),
      { reader: TRADE_ORDERS, ids: [read.id] },
      { reader: RELATED_ORDERS, ids: [read.id, ...(read.groupId === null ? [] : [read.groupId])] },
    ],
    decide: (desk) => decide(desk, { services, caller, ending, read }),
  };
}

/** What takes from its side after it may go deeper by as much: as if an order of the other side came. */
function leavingOf({ instrumentId, ownerId, side, quantity, filled }: TradeOrder): Wanted {
  return { instrumentId, ownerId, side: otherSide(side), price: null, quantity: quantity - filled };
}

function decide(
  desk: Desk,
  {
    services,
    caller,
    ending,
    read,
  }: { services: TradingServices; caller: TradingCaller; ending: Ending; read: TradeOrder },
): Decision | AppError {
  const order = desk.rows.of(TRADE_ORDERS).get(read.id);
  const instrument = desk.rows.of(INSTRUMENTS).get(read.instrumentId);
  if (order === undefined || instrument === undefined) return tradingError("trade_order_not_found");
  const { now } = desk.book;
  const isClosed = isEnded(order) || order.state === "fired";
  if (ending.as === "expired" && (isClosed || !isOver(order, { now, session: instrument.session })))
    return answerOf(desk, order, instrument);
  checkVersion(order.version, ending.versions);
  if (isClosed) return refuseClosed(order);
  if (order.holdId !== read.holdId) return rereadFirst();
  const step = { instrument, actorId: caller.actor.id, ending };
  const live = desk.rows.of(services.books.reader).get(instrument.id);
  if (order.priority === null || live === undefined) return end(desk, order, step);
  return allOrNothing(desk.book, {
    decide: () => {
      const bookSeq = changeInBook(desk, live, { do: "cancel", id: order.id });
      return { ...end(desk, { ...order, bookSeq }, step), committed: confirmer(live) };
    },
    failed: () => false,
  });
}

function refuseClosed({ state }: TradeOrder): AppError {
  const message = state === "fired" ? "The trade order is being filled." : `The trade order is ${state}.`;
  return tradingError("trade_order_not_open", { message, state });
}

function end(
  desk: Desk,
  order: TradeOrder,
  { instrument, actorId, ending }: { instrument: Instrument; actorId: string; ending: Ending },
): Decision {
  const { as } = ending;
  const others = othersOf(desk, order);
  if (order.holdId !== null && others.length === 0) {
    const freed = releaseHold(desk.book, order.holdId, ownerOf(order));
    if ("refused" in freed) throw new Error(`the hold of trade order ${order.id}: ${freed.refused}`);
  }
  const reason = as === "cancelled" ? (ending.reason ?? `cancelled by ${actorId}`) : "its time is over";
  const ended = moved(order, { ...AT_ITS_END, state: as, reason });
  saveOrder(desk, ended, { event: as, actorId, instrument, note: reason });
  if (exitsOf(desk, ended).length > 0)
    cancelRelated(
      desk,
      { ...ended, groupId: null },
      { instrument, actorId, reason: `its entry, trade order ${order.id}, has ended` },
    );
  return answerOf(desk, ended, instrument);
}

function answerOf(desk: Desk, order: TradeOrder, instrument: Instrument): Decision {
  const document = describeTradeOrder(desk.assets, { order, instrument });
  const resource = { type: "trade_order", id: document.id };
  return { answer: JSON.stringify(document), counted: [], resource };
}

/**
 * Cancels matching open orders, up to 500 at once, in one commit, and remembers under the caller's key which. Those that ended
 * meanwhile are named. Answers JSON: `cancelled`, `not_cancelled`, `is_complete`.
 */
export function cancelTradeOrders(
  services: TradingServices,
  caller: TradingCaller,
  { reason, ...filter }: OpenOrderFilter & Pick<Ending, "reason">,
): Promise<CommandOutcome> {
  return submitRereading(services.desk, async () => {
    const ids = await selectOpenIds(services.db, { ...filter, limit: ORDERS_PER_ROUND_MAX });
    const { key: _, ...canceller } = caller;
    const ending = (id: number) => buildEndCommand(services, canceller, { id, as: "cancelled", reason });
    return buildCancelCommand(caller, ids, await Promise.all(ids.map(ending)));
  });
}

/** Cancels all matching open orders, a round after another, as the program. Returns their number. */
export async function cancelAllOf(
  services: TradingServices,
  filter: OpenOrderFilter & Pick<Ending, "reason">,
): Promise<number> {
  let count = 0;
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const outcome = await cancelTradeOrders(services, { actor: SYSTEM_ACTOR }, filter);
    if ("refused" in outcome) throw outcome.refused;
    const { cancelled, is_complete: isComplete } = JSON.parse(outcome.answer);
    count += cancelled.length;
    if (isComplete === true || cancelled.length === 0) break;
  }
  return count;
}

/** One command that ends all of them, or is sent again. */
function buildCancelCommand(
  caller: TradingCaller,
  ids: readonly number[],
  ends: readonly BookCommand[],
): BookCommand {
  const reaches = ends.flatMap(({ reach }) => reach ?? []);
  return {
    event: "trade_order.cancel_all",
    ...caller,
    scope: mergeScopes(ends.map(({ scope }) => scope)),
    needs: ends.flatMap(({ needs = [] }) => needs),
    ...(reaches.length === 0 ? {} : { reach: (batch) => mergeReaches(reaches.map((reach) => reach(batch))) }),
    decide: (desk) =>
      allOrNothing<Decision | AppError>(desk.book, {
        decide: () => decideAll(desk, ids, ends),
        failed: (outcome) => outcome instanceof AppError,
      }),
  };
}

function mergeScopes(scopes: readonly BookCommand["scope"][]): Reach["scope"] {
  return {
    accountIds: new Set(scopes.flatMap(({ accountIds }) => [...accountIds])),
    holdIds: [...new Set(scopes.flatMap(({ holdIds = [] }) => holdIds))],
    stampCount: scopes.reduce((sum, { stampCount }) => sum + stampCount, 1),
  };
}

function mergeReaches(reaches: readonly Reach[]): Reach {
  return {
    scope: mergeScopes(reaches.map(({ scope }) => scope)),
    needs: reaches.flatMap(({ needs }) => needs),
  };
}

function decideAll(desk: Desk, ids: readonly number[], ends: readonly BookCommand[]): Decision | AppError {
  const ended: string[] = [];
  const refused: { id: string; code: string }[] = [];
  const committed: (() => void)[] = [];
  for (const [index, end] of ends.entries()) {
    const outcome = end.decide(desk);
    const id = String(ids[index]);
    if (!(outcome instanceof AppError)) {
      ended.push(id);
      if (outcome.committed !== undefined) committed.push(outcome.committed);
    } else if (outcome.kind === "unavailable") return outcome;
    else refused.push({ id, code: outcome.code });
  }
  const isComplete = ids.length < ORDERS_PER_ROUND_MAX;
  return {
    answer: JSON.stringify({ cancelled: ended, not_cancelled: refused, is_complete: isComplete }),
    counted: [],
    resource: { type: "trade_order", id: ended[0] ?? "none" },
    details: { cancelled: String(ended.length) },
    committed: () => {
      for (const call of committed) call();
    },
  };
}

async function endAll(
  services: TradingServices,
  caller: TradingCaller,
  { ids, ...ending }: Omit<Ending, "id"> & { readonly ids: readonly number[] },
): Promise<{ readonly ended: readonly number[] }> {
  const outcomes = await Promise.all(
    ids.map(async (id) => ({ id, outcome: await endTradeOrder(services, caller, { id, ...ending }) })),
  );
  const ended = outcomes.flatMap(({ id, outcome }) => ("refused" in outcome ? [] : [id]));
  return { ended };
}

/** Ends the orders whose time is over, all orders of a round at once. Returns their number. */
export async function expireTradeOrders(services: TradingServices): Promise<number> {
  let count = 0;
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const ids = await selectOverIds(services.db, ORDERS_PER_ROUND_MAX);
    const { ended } = await endAll(services, { actor: SYSTEM_ACTOR }, { ids, as: "expired" });
    count += ended.length;
    if (ids.length < ORDERS_PER_ROUND_MAX || ended.length === 0) break;
  }
  return count;
}
