// Cancels an order. Its stock is freed at once; its money goes back at once where possible, otherwise the order is cancel-pending
// until its payment is final: CANCELLED means that we hold none of its money any more.
import { AppError } from "../../../values/app-error.ts";
import type { Decision, Desk } from "../../desk/index.ts";
import { releaseStock } from "../../inventory/index.ts";
import { allOrNothing } from "../../ledger/index.ts";
import { cancelCharges, type WholePayment } from "../../payments/index.ts";
import { orderError } from "../errors.ts";
import { holdsOf, type Order, type OrderLine, ownerOf, withoutHolds } from "../order.ts";
import { returnUseOf } from "../placing/apply-coupon.ts";
import { answerWith, type FoundOrder, type OrderAct, refuseCancelling } from "./change-order.ts";
import { factsOf } from "./order-facts.ts";
import { saveOrder } from "./save-order.ts";
import { partyOf, refuseTransition } from "./states.ts";

/**
 * An act that cancels: customers may until the order goes to the warehouse, staff until something is shipped.
 * Refuses `order_state_forbids`, `order_change_not_allowed`, `order_shipped`, `order_cancel_pending`, and what the ledger refuses
 * of a refund (`account_frozen`, `account_closed`).
 */
export function cancelOrder({
  reason,
  ...options
}: {
  reason?: string | undefined;
  versions?: readonly number[] | undefined;
  refundTo?: number | undefined;
}): OrderAct {
  return {
    event: "order.cancel",
    mayEnd: true,
    ...options,
    decide: (desk, found) => decide(desk, found, reason ?? "cancelled"),
  };
}

function decide(desk: Desk, found: FoundOrder, reason: string): Decision | AppError {
  const refused = refuseCancelling(found.order) ?? refuseCancellation(found);
  return refused ?? cancelWhole(desk, found, reason);
}

/** Ends an order of which nothing was shipped, which the caller has checked. Refuses as `cancelOrder` what the ledger does. */
export function cancelWhole(desk: Desk, found: FoundOrder, reason: string): Decision | AppError {
  const { order, payment, actor } = found;
  const freed = giveBack(desk, found, reason);
  if (freed instanceof AppError) return freed;
  const isDone = factsOf(order, freed.payment).isGivenBack;
  const changed = saveOrder(desk, order, {
    set: { lines: freed.lines, cancelReason: reason, expiresAt: null },
    event: isDone ? undefined : "cancel_requested",
    note: isDone ? undefined : reason,
    actorId: actor.id,
    payment: freed.payment,
    lines: "progress",
  });
  return answerWith(desk, changed, freed.payment ?? payment);
}

/** As the table says, except for the guard on money: cancelling itself sends the money back. */
export function refuseCancellation({ order, actor, payment }: FoundOrder): AppError | undefined {
  const party = partyOf(actor);
  const facts = { ...factsOf(order, payment), isInFlight: false, isGivenBack: true };
  if (party !== "customer") return tellOfUnits(refuseTransition("cancel", facts, party));
  const refused = refuseTransition("withdraw", facts, party);
  if (refused?.code !== "order_state_forbids" || refuseTransition("cancel", facts, "staff") !== undefined)
    return refused;
  return refuseLate(order);
}

/** The rest of a partly shipped order can still be cancelled. */
function tellOfUnits(refused: AppError | undefined): AppError | undefined {
  const message = "goods of the order have been shipped: cancel the rest of it with items, line by line";
  return refused?.code === "order_shipped" ? orderError("order_shipped", { message }) : refused;
}

export function refuseLate({ state: status }: Order): AppError {
  const message = `an order that is ${status} is with the warehouse; only staff can still cancel it`;
  return orderError("order_change_not_allowed", { message, status });
}

interface GivenBack {
  readonly lines: readonly OrderLine[];
  readonly payment: WholePayment | undefined;
}

/**
 * Frees the stock, gives the money back or begins to, and returns the use of a coupon; all or nothing. The caller must not
 * refuse anything after it.
 */
export function giveBack(
  desk: Desk,
  { order, payment, actor, returnsUse, refundTo }: FoundOrder,
  reason: string,
): GivenBack | AppError {
  const given = allOrNothing<GivenBack | AppError>(desk.book, {
    decide: () => {
      const released = releaseStock(desk, { holdIds: holdsOf(order).holdIds, owner: ownerOf(order) });
      if (released instanceof AppError) return released;
      const by = { actorId: actor.id, reason, refundTo };
      const returned = payment === undefined ? undefined : cancelCharges(desk, payment, by);
      return returned instanceof AppError ? returned : { lines: withoutUnits(order), payment: returned };
    },
    failed: (outcome) => outcome instanceof AppError,
  });
  if (!(given instanceof AppError) && returnsUse) returnUseOf(desk, order);
  return given;
}

/** The lines of an order that ends without a sale: nothing more is shipped. */
function withoutUnits(order: Order): OrderLine[] {
  return withoutHolds(order).map((line) => ({ ...line, cancelled: line.quantity }));
}
