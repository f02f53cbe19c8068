// What a split does to open orders: what they sell is free while the accounts change, and is then held again in the new units.
import { AppError } from "../../../values/app-error.ts";
import { type Desk, leaveRow } from "../../desk/index.ts";
import { ledgerError, placeHold, releaseHold } from "../../ledger/index.ts";
import type { Instrument } from "../instruments/instrument.ts";
import { INSTRUMENTS, QUOTED_INSTRUMENTS } from "../instruments/instrument-store.ts";
import type { Ratio } from "../positions/move-units.ts";
import { saveOrder } from "../trade-orders/save-order.ts";
import { AT_ITS_END, moved, ownerOf, type TradeOrder } from "../trade-orders/trade-order.ts";
import { adjustOrder, adjustQuote } from "./adjust-order.ts";
import type { Acting, Done } from "./carry-out-action.ts";
import { SPLIT_PRICES } from "./corporate-action-store.ts";

/** Refuses what the ledger does, and what `change` does. @param change of the accounts */
export function splitOrders(
  desk: Desk,
  { orders, acting }: { orders: readonly TradeOrder[]; acting: Acting },
  change: () => Done | AppError,
): Done | AppError {
  const { action, ground, actorId } = acting;
  const { ratio } = action;
  if (ratio === undefined) throw new Error("a split has a ratio");
  const held = new Map(
    orders.flatMap((order) => (order.holdId === null ? [] : [[order.holdId, order] as const])),
  );
  for (const [holdId, order] of held) {
    if (order.side === "buy") continue;
    const freed = releaseHold(desk.book, holdId, ownerOf(order));
    if ("refused" in freed) return ledgerError(freed.refused, freed.details);
  }
  const done = change();
  if (done instanceof AppError) return done;
  for (const id of ground.instrumentIds) splitPrices(desk, id, ratio);
  const groups = Map.groupBy(orders, ({ id, holdId }) => holdId ?? -id);
  for (const group of groups.values()) {
    const outcome = follow(desk, group, { ratio, actorId });
    if (outcome instanceof AppError) return outcome;
  }
  return { ...done, orderCount: orders.length };
}

function splitPrices(desk: Desk, id: number, ratio: Ratio): void {
  const instrument = desk.rows.of(INSTRUMENTS).get(id);
  if (instrument === undefined) throw new Error(`instrument ${id} was not read`);
  leaveRow(desk, SPLIT_PRICES, { instrumentId: id, ...ratio });
  if (instrument.quote === null) return;
  const split = { ...instrument, quote: adjustQuote(instrument.quote, ratio) };
  desk.rows.of(INSTRUMENTS).set(id, split);
  leaveRow(desk, QUOTED_INSTRUMENTS, split);
}

/** Orders with one hold: a pair, or one alone. */
function follow(
  desk: Desk,
  orders: readonly TradeOrder[],
  { ratio, actorId }: { ratio: Ratio; actorId: string },
): AppError | undefined {
  const instrument = instrumentOf(desk, orders);
  const adjusted = orders.map((order) => ({ order, next: adjustOrder(order, instrument, ratio) }));
  const [first] = adjusted.flatMap(({ next }) => next ?? []);
  const hold = first === undefined ? undefined : holdAgain(desk, first, actorId);
  if (hold instanceof AppError) return hold;
  for (const { order, next } of adjusted) {
    const step = { instrument, actorId };
    if (next === undefined) {
      endOrder(desk, order, step);
      continue;
    }
    const kept = hold === undefined ? next : { ...next, ...hold };
    const note = `${ratio.numerator} new for ${ratio.denominator} old units`;
    saveOrder(desk, moved(kept, {}), { ...step, event: "split", note });
  }
  return undefined;
}

function instrumentOf(desk: Desk, [order]: readonly TradeOrder[]): Instrument {
  const instrument = order === undefined ? undefined : desk.rows.of(INSTRUMENTS).get(order.instrumentId);
  if (instrument === undefined) throw new Error("the instrument of an order was not read");
  return instrument;
}

/** What is to be sold; a purchase keeps the money that it holds. */
function holdAgain(
  desk: Desk,
  order: TradeOrder,
  actorId: string,
): Pick<TradeOrder, "holdId" | "held"> | AppError | undefined {
  if (order.side === "buy" || order.holdId === null) return undefined;
  const account = desk.book.accounts.get(order.assetAccountId);
  if (account === undefined) throw new Error(`account ${order.assetAccountId} is not locked`);
  const amount = order.quantity - order.filled;
  const hold = placeHold(desk.book, {
    ...{ kind: "ORDER_HOLD", reference: `trade order ${order.id}`, actorId, owner: ownerOf(order), amount },
    debitAccountId: order.assetAccountId,
    creditAccountId: desk.assets.systemAccount(account.assetId, "dealing"),
  });
  return "refused" in hold ? ledgerError(hold.refused, hold.details) : { holdId: hold.id, held: amount };
}

/** Less than a lot is left of it. A sale's hold is free already. */
function endOrder(desk: Desk, order: TradeOrder, step: { instrument: Instrument; actorId: string }): void {
  if (order.side === "buy" && order.holdId !== null && desk.book.holds.get(order.holdId)?.state === "active")
    releaseHold(desk.book, order.holdId, ownerOf(order));
  const reason = "less than a lot is left of it after a split";
  saveOrder(desk, moved(order, { ...AT_ITS_END, state: "cancelled", reason }), {
    ...step,
    event: "cancelled",
    note: reason,
  });
}
