// The units that are held for a line: tells which stock accounts they lie on, takes units out of their holds, and adds holds.
import { AppError } from "../../../values/app-error.ts";
import type { Desk } from "../../desk/index.ts";
import { releaseUnits } from "../../inventory/index.ts";
import type { Hold } from "../../ledger/index.ts";
import { type Order, type OrderLine, ownerOf } from "../order.ts";

/** The purpose of the holds of an order's stock. */
export function purposeOf(order: Pick<Order, "id">, actorId: string) {
  return { reference: `order ${order.id}`, actorId, owner: ownerOf(order) };
}

/** Units held for the line by stock account, in the order of its holds. */
export function heldByAccount(desk: Desk, line: OrderLine): Map<number, number> {
  const held = new Map<number, number>();
  for (const [index, holdId] of line.holdIds.entries()) {
    const accountId = line.stockAccountIds[index] ?? 0;
    held.set(accountId, (held.get(accountId) ?? 0) + amountOf(desk, holdId));
  }
  return held;
}

function amountOf(desk: Desk, holdId: number): number {
  return Number(desk.book.holds.get(holdId)?.amount ?? 0n);
}

export interface Freeing {
  readonly order: Order;
  readonly actorId: string;
  readonly quantity: number;
  /** The stock account that they are taken from; undefined: any, beginning with the last hold. */
  readonly accountId?: number | undefined;
}

/**
 * Takes units out of the line's holds, so that the line holds fewer. At most two stamps per hold. Within `allOrNothing`.
 * Refuses what the ledger refuses.
 */
export function freeHeld(
  desk: Desk,
  line: OrderLine,
  { order, actorId, quantity, accountId }: Freeing,
): OrderLine | AppError {
  const kept: { id: number; accountId: number }[] = [];
  let missing = quantity;
  const held = line.holdIds.map((id, index) => ({ id, accountId: line.stockAccountIds[index] ?? 0 }));
  for (const hold of held.toReversed()) {
    const isWanted = accountId === undefined || hold.accountId === accountId;
    const count = isWanted ? Math.min(missing, amountOf(desk, hold.id)) : 0;
    if (count === 0) {
      kept.unshift(hold);
      continue;
    }
    const released = releaseUnits(desk, hold, { ...purposeOf(order, actorId), quantity: count });
    if (released instanceof AppError) return released;
    if (released.rest !== undefined) kept.unshift({ id: released.rest.id, accountId: hold.accountId });
    missing -= count;
  }
  if (missing > 0) throw new Error(`line ${line.lineNo} of order ${order.id} holds less than is open`);
  return {
    ...line,
    holdIds: kept.map(({ id }) => id),
    stockAccountIds: kept.map((hold) => hold.accountId),
  };
}

export function addHolds(line: OrderLine, holds: readonly Hold[]): OrderLine {
  return {
    ...line,
    holdIds: [...line.holdIds, ...holds.map(({ id }) => id)],
    stockAccountIds: [...line.stockAccountIds, ...holds.map(({ debitAccountId }) => debitAccountId)],
  };
}
