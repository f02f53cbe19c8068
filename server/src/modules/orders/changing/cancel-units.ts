// Cancels unshipped lines and units of an order: their stock is freed, and a credit note covers their money, which is refunded
// where it was paid and otherwise no longer due. Cancelling the last units of an order with nothing shipped cancels the whole
// order; where something was shipped, the order is complete as soon as that is paid.
import { AppError } from "../../../values/app-error.ts";
import type { Decision, Desk } from "../../desk/index.ts";
import { allOrNothing } from "../../ledger/index.ts";
import { closeWaiting } from "../../payments/index.ts";
import type { Part } from "../credit-notes/build-credit-note.ts";
import { creditUnits } from "../credit-notes/credit-note.ts";
import { keepCredit } from "../credit-notes/credit-order.ts";
import { orderError } from "../errors.ts";
import { freeHeld } from "../fulfilment/held-units.ts";
import { SHIPMENTS } from "../fulfilment/shipment-store.ts";
import { fulfilmentOf, type Order, type OrderLine, openOf } from "../order.ts";
import { cancelWhole, refuseCancellation, refuseLate } from "./cancel-order.ts";
import { answerWith, type FoundOrder, type OrderAct, refuseCancelling } from "./change-order.ts";
import { type Fulfilment, isFinal, partyOf } from "./states.ts";

export interface UnitCancellation {
  readonly items: readonly {
    readonly lineNo: number;
    /** Undefined: all open units. */
    readonly quantity?: number | undefined;
  }[];
  readonly reason?: string | undefined;
  readonly versions?: readonly number[] | undefined;
  readonly refundTo?: number | undefined;
}

/**
 * An act that cancels units: customers may until the order goes to the warehouse, staff until the units are shipped.
 * Refuses `order_state_forbids`, `order_change_not_allowed`, `order_cancel_pending`, `quantity_exceeds_open`,
 * `payment_in_progress` (a card is about to be charged), `credit_exceeds_open`, and what a refund or the ledger refuses.
 */
export function cancelUnits({ items, reason = "cancelled", ...options }: UnitCancellation): OrderAct {
  return {
    event: "order.cancel_units",
    mayEnd: true,
    ...options,
    extra: async (order) => ({ needs: [{ reader: SHIPMENTS, ids: [order.id] }] }),
    decide: (desk, found) => {
      const refused = refuseCancelling(found.order) ?? refuseUnits(found);
      if (refused !== undefined) return refused;
      const units = readUnits(found.order, items);
      if (units instanceof AppError) return units;
      return cancel(desk, found, { units, reason });
    },
  };
}

/** Why the actor may not cancel or edit its units now. */
export function refuseUnits(found: FoundOrder): AppError | undefined {
  const { order, actor } = found;
  if (isFinal(order.state)) return orderError("order_state_forbids", { order_status: order.state });
  const refused = partyOf(actor) === "customer" ? refuseCancellation(found) : undefined;
  return refused?.code === "order_state_forbids" ? refuseLate(order) : refused;
}

/** Units by line number. */
export type Units = ReadonlyMap<number, number>;

function readUnits(order: Order, items: UnitCancellation["items"]): Units | AppError {
  const lines = new Map(order.lines.map((line) => [line.lineNo, line]));
  const units = new Map<number, number>();
  for (const [index, { lineNo, quantity }] of items.entries()) {
    const line = lines.get(lineNo);
    const before = units.get(lineNo) ?? 0;
    const open = line === undefined ? 0 : openOf(line) - before;
    const wanted = quantity ?? open;
    if (line === undefined || wanted > open || wanted === 0) {
      const reason =
        line === undefined ? `the order has no line ${lineNo}` : `${open} of line ${lineNo} are open`;
      return orderError("quantity_exceeds_open", { fields: [{ field: `items[${index}].quantity`, reason }] });
    }
    units.set(lineNo, before + wanted);
  }
  return units;
}

interface Cancelling {
  readonly units: Units;
  readonly reason: string;
}

function cancel(desk: Desk, found: FoundOrder, { units, reason }: Cancelling): Decision | AppError {
  const { order } = found;
  const isWhole = order.lines.every((line) => openOf(line) === (units.get(line.lineNo) ?? 0));
  const isUnshipped = order.lines.every(({ shipped }) => shipped === 0);
  if (isWhole && isUnshipped) return cancelWhole(desk, found, reason);
  const kept = allOrNothing<ReturnType<typeof keepCredit>>(desk.book, {
    decide: () => {
      const freed = freeUnits(desk, found, units);
      if (freed instanceof AppError) return freed;
      const payment = found.payment && closeWaiting(desk, found.payment, { actorId: found.actor.id });
      if (payment instanceof AppError) return payment;
      const fulfilment = fulfilmentAfter(desk, freed, units);
      const credit = { kind: "cancellation", parts: toParts(freed, units), reason, fulfilment } as const;
      return keepCredit(desk, { ...found, order: freed, payment }, credit);
    },
    failed: (outcome) => outcome instanceof AppError,
  });
  return kept instanceof AppError ? kept : answerWith(desk, kept.order, kept.payment);
}

export function toParts({ lines }: Order, units: Units): Part[] {
  return lines.flatMap((line) => {
    const quantity = units.get(line.lineNo) ?? 0;
    return quantity === 0 ? [] : [{ ...creditUnits(line, quantity, "cancellation"), shelf: null }];
  });
}

/** Frees the holds of units that are to be cancelled; short units, which hold nothing, go first. Within `allOrNothing`. */
export function freeUnits(
  desk: Desk,
  { order, actor }: Pick<FoundOrder, "order" | "actor">,
  units: Units,
): Order | AppError {
  const lines: OrderLine[] = [];
  for (const line of order.lines) {
    const freed = freeLine(desk, line, { order, actorId: actor.id, quantity: units.get(line.lineNo) ?? 0 });
    if (freed instanceof AppError) return freed;
    lines.push(freed);
  }
  return { ...order, lines };
}

/** Units at the location that orders take from last are freed first. A stopped order or line holds nothing. */
function freeLine(
  desk: Desk,
  line: OrderLine,
  { order, actorId, quantity }: { order: Order; actorId: string; quantity: number },
): OrderLine | AppError {
  const ofShort = Math.min(line.short, quantity);
  const isHeld = line.tracksStock && !line.stopped && order.shippingStop === "none";
  const held = { ...line, short: line.short - ofShort };
  return freeHeld(desk, held, { order, actorId, quantity: isHeld ? quantity - ofShort : 0 });
}

/** An order whose last shipment has arrived counts as delivered once nothing more is to be shipped. */
export function fulfilmentAfter(desk: Desk, { id, lines }: Order, units: Units): Fulfilment {
  const after = lines.map((line) => ({
    ...line,
    cancelled: line.cancelled + (units.get(line.lineNo) ?? 0),
  }));
  const fulfilment = fulfilmentOf(after);
  const shipments = desk.rows.of(SHIPMENTS).get(id) ?? [];
  const isDelivered = fulfilment === "shipped" && shipments.every(({ deliveredAt }) => deliveredAt !== null);
  return isDelivered ? "delivered" : fulfilment;
}
