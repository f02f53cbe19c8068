// Orders that belong together: in a pair, filling one order ends the other; filling an entry activates its exits.
import type { Desk } from "../../desk/index.ts";
import { type Hold, placeHold, type Refusal } from "../../ledger/index.ts";
import type { Instrument } from "../instruments/instrument.ts";
import { fireOrder } from "./fire-order.ts";
import { saveOrder } from "./save-order.ts";
import { AT_ITS_END, moved, ownerOf, type TradeOrder } from "./trade-order.ts";
import { RELATED_ORDERS } from "./trade-order-store.ts";
import { stateToWatch, watchAtFirst } from "./watch-of-order.ts";

interface Step {
  readonly instrument: Instrument;
  readonly actorId: string;
}

export function othersOf(desk: Desk, { id, groupId }: Pick<TradeOrder, "id" | "groupId">): TradeOrder[] {
  if (groupId === null) return [];
  const related = desk.rows.of(RELATED_ORDERS).get(groupId) ?? [];
  return related.filter((other) => other.id !== id && other.groupId === groupId);
}

/** Cancels the others of a group; their common hold was used up by the filled order. */
export function endOthers(desk: Desk, filled: TradeOrder, step: Step): void {
  const reason = `its pair, trade order ${filled.id}, was filled`;
  cancelAll(desk, othersOf(desk, filled), { ...step, reason });
}

/** Cancels what cannot go on without this order: the others of its group, whose hold is gone, and its exits. */
export function cancelRelated(desk: Desk, ended: TradeOrder, step: Step & { readonly reason: string }): void {
  cancelAll(desk, [...othersOf(desk, ended), ...exitsOf(desk, ended)], step);
}

function cancelAll(
  desk: Desk,
  orders: readonly TradeOrder[],
  { instrument, actorId, reason }: Step & { readonly reason: string },
): void {
  for (const order of orders) {
    const ended = moved(order, { ...AT_ITS_END, state: "cancelled", reason });
    saveOrder(desk, ended, { event: "cancelled", actorId, instrument, note: reason });
  }
}

/** The dormant exits of an entry. */
export function exitsOf(desk: Desk, { id }: Pick<TradeOrder, "id">): TradeOrder[] {
  const related = desk.rows.of(RELATED_ORDERS).get(id) ?? [];
  return related.filter(({ parentId, state }) => parentId === id && state === "dormant");
}

/**
 * Activates the exits of an entry when it is filled: for the filled quantity, under one hold. If prices jumped, the newest quote
 * may have reached an exit already: then the exit is fired at once.
 */
export function armExits(desk: Desk, entry: TradeOrder, { instrument, actorId }: Step): void {
  const exits = exitsOf(desk, entry);
  const [first] = exits;
  if (first === undefined) return;
  let isGroupFired = false;
  const hold = holdAsset(desk, { ...first, quantity: entry.filled }, actorId);
  for (const exit of exits) {
    if ("refused" in hold) {
      const reason = `what it was to sell could not be held: ${hold.refused}`;
      const failed = moved(exit, { ...AT_ITS_END, state: "failed", reason });
      saveOrder(desk, failed, { event: "failed", actorId, instrument, note: reason });
      continue;
    }
    const quantity = entry.filled;
    const held = { holdId: hold.id, held: hold.amount, quantity };
    const watch = watchAtFirst(exit, instrument);
    const armed = moved(exit, {
      ...held,
      watch: watch.watch,
      extreme: watch.extreme,
      state: stateToWatch(exit),
    });
    saveOrder(desk, armed, {
      event: "armed",
      actorId,
      instrument,
      note: `trade order ${entry.id} was filled`,
    });
    if (isGroupFired) continue;
    const { quote } = instrument;
    if (quote?.fires === true)
      isGroupFired = fireOrder(desk, armed, { instrument, quote, actorId }).state === "fired";
  }
}

function holdAsset(desk: Desk, exit: TradeOrder, actorId: string): Hold | Refusal {
  const account = desk.book.accounts.get(exit.assetAccountId);
  if (account === undefined) throw new Error(`account ${exit.assetAccountId} is not locked`);
  return placeHold(desk.book, {
    kind: "ORDER_HOLD",
    debitAccountId: exit.assetAccountId,
    creditAccountId: desk.assets.systemAccount(account.assetId, "dealing"),
    amount: exit.quantity,
    reference: `trade order ${exit.id}`,
    actorId,
    owner: ownerOf(exit),
  });
}
