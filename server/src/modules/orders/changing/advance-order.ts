// Steps that staff and the program's own jobs take directly: confirm an unpaid order, queue it for the warehouse, begin to
// process it, end it. Also the decision about an order in review.
import { AppError } from "../../../values/app-error.ts";
import type { Decision, Desk } from "../../desk/index.ts";
import { orderError } from "../errors.ts";
import { giveBack } from "./cancel-order.ts";
import { answerWith, type FoundOrder, type OrderAct, refuseCancelling, refuseStep } from "./change-order.ts";
import { factsOf } from "./order-facts.ts";
import { saveOrder } from "./save-order.ts";
import type { TransitionName } from "./states.ts";

/** The steps of the table that staff request by their target state. */
export const STAFF_STEPS = {
  CONFIRMED: "confirm",
  QUEUED: "queue",
  PROCESSING: "process",
  COMPLETED: "complete",
} as const satisfies Readonly<Record<string, TransitionName>>;

/** An act that takes one step of the table. Refuses what the table refuses, and `order_cancel_pending`. */
export function advanceOrder({
  to,
  note,
}: {
  to: keyof typeof STAFF_STEPS;
  note?: string | undefined;
}): OrderAct {
  const step = STAFF_STEPS[to];
  return {
    event: `order.${step}`,
    decide: (desk, found) => {
      const refused = refuseCancelling(found.order) ?? refuseStep(step, found);
      if (refused !== undefined) return refused;
      const { order, payment, actor } = found;
      const changed = saveOrder(desk, order, { step, note, actorId: actor.id, payment });
      return answerWith(desk, changed, payment);
    },
  };
}

/**
 * An act that decides about an order in review: if accepted, it goes on as if it had never been stopped; if refused, it is
 * cancelled and its money goes back. Refuses `order_not_in_review`.
 */
export function reviewOrder({
  isAccepted,
  note,
}: {
  isAccepted: boolean;
  note?: string | undefined;
}): OrderAct {
  return {
    event: isAccepted ? "order.accept" : "order.refuse",
    decide: (desk, found) => {
      const { review } = found.order;
      if (review !== "pending") return orderError("order_not_in_review", { review });
      return isAccepted ? accept(desk, found, note) : refuse(desk, found, note);
    },
  };
}

function accept(desk: Desk, { order, payment, actor }: FoundOrder, note: string | undefined): Decision {
  const set = { review: "accepted" } as const;
  const changed = saveOrder(desk, order, {
    set,
    event: "review_accepted",
    note,
    actorId: actor.id,
    payment,
  });
  return answerWith(desk, changed, payment);
}

function refuse(desk: Desk, found: FoundOrder, note: string | undefined): Decision | AppError {
  const freed = giveBack(desk, found, "refused in review");
  if (freed instanceof AppError) return freed;
  const { order, actor } = found;
  const changed = saveOrder(desk, order, {
    set: { review: "refused", lines: freed.lines, cancelReason: "refused in review", expiresAt: null },
    event: "review_refused",
    note,
    actorId: actor.id,
    payment: freed.payment,
    lines: "progress",
  });
  return answerWith(desk, changed, freed.payment);
}

/** How long a payment under way postpones an order's end: each time, and in total since the payment was opened. */
export const EXTENSION_SECONDS = 600;
export const EXTENSIONS_SECONDS_MAX = 86_400;

/**
 * An act of the sweeper on an expired PENDING order: EXPIRED, or FAILED where a payment was tried. While a payment is under
 * way the order gets more time and keeps its stock; after a day of that it is cancelled, which the payment's outcome completes.
 */
export function expireOrder(): OrderAct {
  return {
    event: "order.expire",
    decide: (desk, found) => {
      const { order, payment } = found;
      const { now } = desk.book;
      const refused = refuseCancelling(order);
      if (refused !== undefined || order.expiresAt === null || order.expiresAt > now)
        return refused ?? orderError("order_state_forbids", { order_status: order.state });
      const isWorthWaiting = payment !== undefined && now < payment.id + EXTENSIONS_SECONDS_MAX * 1_000_000;
      return isWorthWaiting && factsOf(order, payment).isInFlight ? extend(desk, found) : end(desk, found);
    },
  };
}

function extend(desk: Desk, { order, payment, actor }: FoundOrder): Decision {
  const set = { expiresAt: desk.book.now + EXTENSION_SECONDS * 1_000_000 };
  const event = "extended";
  const note = "a payment is under way";
  const changed = saveOrder(desk, order, { set, event, note, actorId: actor.id, payment });
  return answerWith(desk, changed, payment);
}

function end(desk: Desk, found: FoundOrder): Decision | AppError {
  const { order, actor } = found;
  const reason = "not paid in time";
  const freed = giveBack(desk, found, reason);
  if (freed instanceof AppError) return freed;
  const { lines, payment } = freed;
  const step = found.payment?.failureCode == null ? "expire" : "fail";
  const isOver = refuseStep(step, { ...found, payment }) === undefined;
  const changed = saveOrder(desk, order, {
    set: { lines, expiresAt: null, ...(isOver ? {} : { cancelReason: reason }) },
    ...(isOver ? { step } : { event: "cancel_requested" }),
    note: reason,
    actorId: actor.id,
    payment,
    lines: "progress",
  });
  return answerWith(desk, changed, payment);
}
