// What the guards of the state table look at, computed from an order and its payment; and the steps that follow by
// themselves when allowed: confirmed when paid, completed when all is shipped and paid, cancelled when the money is back.
import { most } from "../../../values/money.ts";
import { isGivenBack, isInFlight, netCaptured, type PaymentMoney } from "../../payments/index.ts";
import { type Order, openOf } from "../order.ts";
import {
  isFinal,
  mayTransition,
  type OrderFacts,
  type ShippingStop,
  TRANSITIONS,
  type TransitionName,
} from "./states.ts";

/** The most that the customer owes for the order as a whole: its total less what was credited before it was paid. */
export function dueOf(order: Pick<Order, "total" | "waived">): bigint {
  return order.total - order.waived;
}

/** The tax contained in what is owed. */
export function dueTaxOf(order: Pick<Order, "tax" | "waivedTax">): bigint {
  return order.tax - order.waivedTax;
}

/** What was paid for it: money given back without a credit note does not count. @param payment the order's latest */
export function paidOf(
  { repaid }: Pick<Order, "repaid">,
  payment: Pick<PaymentMoney, "capturedMinor"> | undefined,
): bigint {
  return payment === undefined ? 0n : payment.capturedMinor - repaid;
}

/** What was paid for it or is held for it. @param payment the order's latest */
export function coveredOf({ repaid }: Pick<Order, "repaid">, payment: PaymentMoney | undefined): bigint {
  if (payment === undefined || payment.cancelRequested) return 0n;
  return payment.authorizedMinor - payment.voidedMinor - repaid;
}

type OwingOrder = Pick<Order, "total" | "waived" | "repaid">;

/** What is still to be paid: neither paid nor held. @param payment the order's latest */
export function unpaidOf(order: OwingOrder, payment: PaymentMoney | undefined): bigint {
  return most(dueOf(order) - coveredOf(order, payment), 0n);
}

/** What was paid beyond what is due, and must go back. @param payment the order's latest */
export function overpaidOf(order: OwingOrder, payment: PaymentMoney | undefined): bigint {
  const isGoingBack = payment === undefined || payment.cancelRequested;
  return isGoingBack ? 0n : most(paidOf(order, payment) - dueOf(order), 0n);
}

/** The facts that decide which steps an order may take. */
export type JudgedOrder = OwingOrder & Pick<Order, "state" | "fulfilment" | "review" | "cancelReason">;

/** @param payment the order's latest; undefined where there is none */
export function factsOf(order: JudgedOrder, payment: PaymentMoney | undefined): OrderFacts {
  const { state, fulfilment, review } = order;
  const due = dueOf(order);
  return {
    state,
    fulfilment,
    review,
    isCovered: coveredOf(order, payment) >= due,
    isPaid: paidOf(order, payment) >= due,
    isInFlight: payment !== undefined && isInFlight(payment),
    isGivenBack: payment === undefined || isGivenBack(payment),
  };
}

/** Why the rest of the order is not to be shipped: we hold none of its money any more, and none is owed. */
export function findShippingStop(
  order: Pick<Order, "total" | "waived" | "credited" | "cancelled">,
  payment: PaymentMoney | undefined,
): Exclude<ShippingStop, "none"> | undefined {
  if (payment !== undefined && payment.chargedBackMinor > 0n) return "charged_back";
  if (order.cancelled >= order.total) return undefined; // the rest never cost anything
  const isCredited = order.total > 0n && order.credited >= order.total;
  return isCredited || hasGoneBack(order, payment) ? "refunded" : undefined;
}

/** Everything owed was paid, and all of that was refunded. */
function hasGoneBack(order: Pick<Order, "total" | "waived">, payment: PaymentMoney | undefined): boolean {
  if (payment === undefined || payment.capturedMinor === 0n) return false;
  return payment.capturedMinor >= dueOf(order) && netCaptured(payment) === 0n;
}

/** Why goods must not leave: the order is stopped, or its money may still be lost. */
export type ShippingObstacle = Exclude<ShippingStop, "none"> | "disputed" | "refund_under_way";

/** What prevents shipping the rest of the order; undefined where nothing does, or nothing is left. */
export function findShippingObstacle(
  order: Order,
  payment: PaymentMoney | undefined,
): ShippingObstacle | undefined {
  if (!isToBeShipped(order)) return undefined;
  const stop = order.shippingStop === "none" ? findShippingStop(order, payment) : order.shippingStop;
  if (stop !== undefined || payment === undefined) return stop;
  if (payment.disputedMinor > 0n) return "disputed";
  const isGoingBack = payment.refundingMinor > 0n && payment.refundingMinor >= netCaptured(payment);
  return isGoingBack && payment.capturedMinor >= dueOf(order) ? "refund_under_way" : undefined;
}

/** Some goods are still here and would be shipped. */
export function isToBeShipped({
  state,
  cancelReason,
  lines,
}: Pick<Order, "state" | "cancelReason" | "lines">): boolean {
  return !isFinal(state) && cancelReason === null && lines.some((line) => openOf(line) > 0);
}

/** The steps that the program takes by itself when allowed, in order of priority. */
const OWN_STEPS: readonly TransitionName[] = ["cancel", "pay", "complete"];

/** The step that the order takes by itself now; undefined where it waits. */
export function findOwnStep(
  order: JudgedOrder,
  payment: PaymentMoney | undefined,
): TransitionName | undefined {
  const facts = factsOf(order, payment);
  return OWN_STEPS.find((name) => {
    const isWanted = name === "cancel" ? order.cancelReason !== null : order.cancelReason === null;
    return isWanted && mayTransition(name, facts, "system");
  });
}

/** The order after a step of the table. If an order ends while its review is pending, the review counts as refused. */
export function take(order: Order, name: TransitionName): Order {
  const { to } = TRANSITIONS[name];
  const review = isFinal(to) && order.review === "pending" ? "refused" : order.review;
  return { ...order, state: to, review, expiresAt: null };
}
