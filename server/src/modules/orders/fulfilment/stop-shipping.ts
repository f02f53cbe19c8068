// Goods whose money went back are not shipped. An order whose money was all given back, by us or by the bank, is stopped in the
// commit that reports it, and its holds are freed for others. It stays stopped whatever its money does later: staff cancel
// it, or ship it anyway from current stock. The same holds for a line that was refunded completely by its number.
import type { AppError } from "../../../values/app-error.ts";
import { type Desk, rereadFirst } from "../../desk/index.ts";
import { releaseStock } from "../../inventory/index.ts";
import { voidableOf, voidCharges, type WholePayment } from "../../payments/index.ts";
import { findShippingStop, isToBeShipped } from "../changing/order-facts.ts";
import { creditableOf } from "../credit-notes/credit-note.ts";
import { holdsOf, type Order, openOf, ownerOf, withoutHolds } from "../order.ts";

export interface PaidOrder {
  readonly order: Order;
  /** The order's latest payment. */
  readonly payment: WholePayment | undefined;
}

/**
 * The order as it is to be saved (stopped where its money went back) and its payment; both unchanged where it did not. Frees
 * stock, and money held for more than is owed. Within `allOrNothing`. Refuses `rereadFirst()` where the order's holds
 * were not read.
 */
export function stopShipping(
  desk: Desk,
  { order, payment }: PaidOrder,
  { actorId }: { actorId: string },
): PaidOrder | AppError {
  const isOpen = order.shippingStop === "none" && isToBeShipped(order);
  const stop = isOpen ? findShippingStop(order, payment) : undefined;
  if (stop === undefined) return { order, payment };
  const { holdIds } = holdsOf(order);
  if (!holdIds.every((id) => desk.book.holds.has(id))) return rereadFirst();
  const released = releaseStock(desk, { holdIds, owner: ownerOf(order) });
  if (!Array.isArray(released)) return released;
  const stopped = { ...order, lines: withoutHolds(order), shippingStop: stop };
  const isHeld = payment !== undefined && payment.provider !== "manual" && voidableOf(payment) > 0n;
  if (stop !== "refunded" || !isHeld) return { order: stopped, payment };
  const voided = voidCharges(desk, payment, { actorId });
  return voided instanceof Error ? voided : { order: stopped, payment: voided };
}

/**
 * The order, with each line stopped that cost something and has nothing left to give back. Frees their stock. An amount that
 * names no line stops no line, however it is spread. Within `allOrNothing`. The order's holds must have been read.
 */
export function stopLines(desk: Desk, order: Order, lineNos: ReadonlySet<number>): Order | AppError {
  if (order.shippingStop !== "none" || !isToBeShipped(order)) return order;
  const isNow = (line: Order["lines"][number]) =>
    lineNos.has(line.lineNo) && line.gross > 0n && creditableOf(line) === 0n && openOf(line) > 0;
  const { holdIds } = holdsOf({ lines: order.lines.filter(isNow) });
  const released = releaseStock(desk, { holdIds, owner: ownerOf(order) });
  if (!Array.isArray(released)) return released;
  const lines = order.lines.map((line) =>
    isNow(line) ? { ...line, stopped: true, holdIds: [], stockAccountIds: [], short: 0 } : line,
  );
  return { ...order, lines };
}
