// Cancels an order. Stock is free at once; money goes back at once where it can, and otherwise the order waits, cancel-pending,
// until its payment is final: CANCELLED means that nothing of its money is with us.
import { AppError } from "../../../values/app-error.ts";
import type { Decision, Desk } from "../../desk/index.ts";
import { releaseStock } from "../../inventory/index.ts";
import { allOrNothing } from "../../ledger/index.ts";
import { cancelPayment, type Payment } from "../../payments/index.ts";
import { orderError } from "../errors.ts";
import { holdsOf, type OrderLine, ownerOf, withoutHolds } from "../order.ts";
import { returnUseOf } from "../placing/apply-coupon.ts";
import { answerWith, type FoundOrder, type OrderAct, refuseCancelling } from "./change-order.ts";
import { factsOf } from "./order-facts.ts";
import { saveOrder } from "./save-order.ts";
import { partyOf, refuseTransition } from "./states.ts";

/**
 * An act that cancels: customers before the order goes to the warehouse, staff until something is shipped.
 * Refuses `order_state_forbids`, `order_change_not_allowed`, `order_shipped`, `order_cancel_pending`, and what the ledger refuses
 * of a refund (`account_frozen`, `account_closed`).
 */
export function cancelOrder({
  reason,
  versions,
}: {
  reason?: string | undefined;
  versions?: readonly number[] | undefined;
}): OrderAct {
  return {
    event: "order.cancel",
    versions,
    decide: (desk, found) => decide(desk, found, reason ?? "cancelled"),
  };
}

function decide(desk: Desk, found: FoundOrder, reason: string): Decision | AppError {
  const { order, payment, actor } = found;
  const refused = refuseCancelling(order) ?? refuseCancellation(found);
  if (refused !== undefined) return refused;
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

/** As the table has it, but for the money: that it goes back is what cancelling is for. */
function refuseCancellation({ order, actor, payment }: FoundOrder): AppError | undefined {
  const party = partyOf(actor);
  const facts = { ...factsOf(order, payment), isInFlight: false, isGivenBack: true };
  if (party !== "customer") return refuseTransition("cancel", facts, party);
  const refused = refuseTransition("withdraw", facts, party);
  if (refused?.code !== "order_state_forbids" || refuseTransition("cancel", facts, "staff") !== undefined)
    return refused;
  return orderError("order_change_not_allowed", {
    message: `an order that is ${order.state} is with the warehouse; only staff can still cancel it`,
    status: order.state,
  });
}

interface GivenBack {
  readonly lines: readonly OrderLine[];
  readonly payment: Payment | undefined;
}

/**
 * Frees the stock and gives the money back, or begins to, and with them the use of a coupon; all or nothing. The caller refuses
 * nothing after it.
 */
export function giveBack(
  desk: Desk,
  { order, payment, actor }: FoundOrder,
  reason: string,
): GivenBack | AppError {
  const given = allOrNothing<GivenBack | AppError>(desk.book, {
    decide: () => {
      const released = releaseStock(desk, { holdIds: holdsOf(order).holdIds, owner: ownerOf(order) });
      if (released instanceof AppError) return released;
      const returned =
        payment === undefined ? undefined : cancelPayment(desk, payment, { actorId: actor.id, reason });
      return returned instanceof AppError ? returned : { lines: withoutHolds(order), payment: returned };
    },
    failed: (outcome) => outcome instanceof AppError,
  });
  if (!(given instanceof AppError)) returnUseOf(desk, order);
  return given;
}
