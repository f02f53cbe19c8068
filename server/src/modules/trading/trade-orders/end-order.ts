// Ends orders before they are filled: cancelled by a person who may, or expired when their time is over. Their hold ends in the
// same commit, once: a pair's hold with its last order. A halt of the instrument never prevents this.
import { checkVersion } from "../../../http/version.ts";
import { SYSTEM_ACTOR } from "../../../values/actor.ts";
import type { AppError } from "../../../values/app-error.ts";
import {
  type BookCommand,
  type CommandOutcome,
  type Decision,
  type Desk,
  rereadFirst,
  submitRereading,
} from "../../desk/index.ts";
import { releaseHold } from "../../ledger/index.ts";
import { tradingError } from "../errors.ts";
import { getInstrument } from "../instruments/find-instruments.ts";
import { type Instrument, sidesOf } from "../instruments/instrument.ts";
import { INSTRUMENTS } from "../instruments/instrument-store.ts";
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

const STAMPS_PER_END = 2;
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
    needs: [
      { reader: INSTRUMENTS, ids: [instrument.id] },
      { reader: TRADE_ORDERS, ids: [read.id] },
      { reader: RELATED_ORDERS, ids: [read.id, ...(read.groupId === null ? [] : [read.groupId])] },
    ],
    decide: (desk) => decide(desk, { caller, ending, read }),
  };
}

function decide(
  desk: Desk,
  { caller, ending, read }: { caller: TradingCaller; ending: Ending; read: TradeOrder },
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
  return end(desk, order, { instrument, actorId: caller.actor.id, ending });
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

export interface EndedOrders {
  readonly ended: readonly number[];
  readonly refused: readonly { readonly id: number; readonly code: string }[];
  readonly isComplete: boolean;
}

/** Cancels matching open orders, up to 500 at once. Returns which were cancelled, and which were refused as they had ended. */
export async function cancelTradeOrders(
  services: TradingServices,
  caller: Omit<TradingCaller, "key">,
  { reason, ...filter }: OpenOrderFilter & Pick<Ending, "reason">,
): Promise<EndedOrders> {
  const ids = await selectOpenIds(services.db, { ...filter, limit: ORDERS_PER_ROUND_MAX });
  return {
    ...(await endAll(services, caller, { ids, as: "cancelled", reason })),
    isComplete: ids.length < ORDERS_PER_ROUND_MAX,
  };
}

async function endAll(
  services: TradingServices,
  caller: TradingCaller,
  { ids, ...ending }: Omit<Ending, "id"> & { readonly ids: readonly number[] },
): Promise<Omit<EndedOrders, "isComplete">> {
  const outcomes = await Promise.all(
    ids.map(async (id) => ({ id, outcome: await endTradeOrder(services, caller, { id, ...ending }) })),
  );
  const refused = outcomes.flatMap(({ id, outcome }) =>
    "refused" in outcome ? [{ id, code: outcome.refused.code }] : [],
  );
  const ended = outcomes.flatMap(({ id, outcome }) => ("refused" in outcome ? [] : [id]));
  return { ended, refused };
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
