// Pays an order that waits for its money: tries another payment, or (staff) records that an invoice, a transfer or cash was paid.

import { AppError } from "../../../values/app-error.ts";
import { least, most } from "../../../values/money.ts";
import { needOwners } from "../../banking/index.ts";
import type { Decision, Desk } from "../../desk/index.ts";
import { allOrNothing } from "../../ledger/index.ts";
import {
  askedTaxOf,
  authorizedLeft,
  capturableOf,
  captureCharges,
  closeWaiting,
  isInFlight,
  scopeOfOpening,
  statusOf,
  takesCharges,
  voidCharges,
  type WholePayment,
  withoutWaiting,
} from "../../payments/index.ts";
import { amountWriter } from "../describe-order.ts";
import { orderError } from "../errors.ts";
import type { Order, PaymentMethod } from "../order.ts";
import { openOrderPayment } from "../placing/open-order-payment.ts";
import type { OrderCaller, OrderServices } from "../services.ts";
import { answerWith, type FoundOrder, type OrderAct, refuseCancelling } from "./change-order.ts";
import { coveredOf, dueOf, dueTaxOf, factsOf, paidOf, unpaidOf } from "./order-facts.ts";
import { saveOrder } from "./save-order.ts";
import { partyOf } from "./states.ts";

export interface PayRequest {
  /** Undefined: as the order says. With a method for payments outside, staff record that it was paid. */
  readonly paymentMethod?: PaymentMethod | undefined;
  readonly accountId?: number | undefined;
  readonly paymentToken?: string | undefined;
}

/**
 * An act that pays what is due. An order confirmed unpaid (an invoice) can be paid at any time until it has ended. The rest of a
 * partly paid order goes to the payment that has the first part: recorded by staff, from the same account, or as a
 * further charge of a card.
 * Refuses `order_paid`, `order_partly_paid` (naming `paid` and `due`), `payment_in_progress`, `order_state_forbids`, `order_change_not_allowed` (a customer noting a payment
 * outside), `provider_not_configured`, and what opening a payment refuses.
 */
export function payOrder(services: OrderServices, caller: OrderCaller, request: PayRequest): OrderAct {
  const { assets } = services;
  return {
    event: "order.pay",
    extra: async (order) => {
      const assetId = assets.byCode(order.currency)?.id ?? 0;
      const { accountId } = request;
      const scope = scopeOfOpening(assets, { assetId, accountId: accountId ?? null });
      const owners = needOwners(caller.actor, accountId === undefined ? [] : [accountId]);
      const needs = [...owners, ...services.moneyGuard.needsOf(accountId)];
      return { ...scope, needs };
    },
    decide: (desk, found) => decide(desk, found, { services, caller, request }),
  };
}

interface Paying {
  readonly services: OrderServices;
  readonly caller: OrderCaller;
  readonly request: PayRequest;
}

function decide(desk: Desk, found: FoundOrder, paying: Paying): Decision | AppError {
  const { order, actor } = found;
  const method = paying.request.paymentMethod ?? order.paymentMethod;
  const refused = refuseCancelling(order) ?? refusePaying(desk, found, { ...paying, method });
  if (refused !== undefined) return refused;
  const payment = allOrNothing<WholePayment | AppError>(desk.book, {
    decide: () => pay(desk, found, { ...paying, method }),
    failed: (outcome) => outcome instanceof AppError,
  });
  if (payment instanceof AppError) return paying.services.moneyGuard.keepBlocked(desk, payment);
  const isNew = payment.id !== order.paymentId;
  const changed = saveOrder(desk, order, {
    set: { paymentMethod: method, paymentId: payment.id, ...(isNew ? { repaid: 0n } : {}) },
    event: authorizedLeft(payment) > 0n || isInFlight(payment) ? "payment_opened" : "payment_received",
    note: `${method}: ${statusOf(payment)}`,
    actorId: actor.id,
    payment,
  });
  return answerWith(desk, changed, payment);
}

function refusePaying(
  desk: Desk,
  { order, payment, actor }: FoundOrder,
  { request, method }: Pick<Paying, "request"> & { method: PaymentMethod },
): AppError | undefined {
  const facts = factsOf(order, payment && withoutWaiting(payment));
  if (facts.isPaid || (payment !== undefined && !facts.isGivenBack && facts.isCovered))
    return orderError("order_paid");
  if (facts.isInFlight) return orderError("payment_in_progress");
  const { state } = order;
  if (state === "CANCELLED" || state === "FAILED" || state === "EXPIRED" || state === "COMPLETED")
    return orderError("order_state_forbids", { order_status: state });
  if (!isOutside(method) || partyOf(actor) !== "customer") {
    const isRest = payment !== undefined && isPartlyPaid(order, payment);
    return isRest && !mayPayRest({ order, payment }, { request, method })
      ? refuseRest(desk, order, payment)
      : undefined;
  }
  return orderError("order_change_not_allowed", {
    message: "staff notes what was paid outside: pay by card or balance",
  });
}

function isOutside(method: PaymentMethod): boolean {
  return method !== "balance" && method !== "credit_card";
}

/** Money paid by a payment stays with it, so the rest must go to the same payment; so does what a card has authorized. */
function isPartlyPaid(order: Order, payment: WholePayment): boolean {
  const has = takesCharges(payment) ? coveredOf(order, payment) : paidOf(order, payment);
  return !payment.cancelRequested && has > 0n;
}

/** Money from outside is recorded beside earlier money; a balance pays the rest from the same account, a card by a further charge. */
function mayPayRest(
  { order, payment }: { order: Order; payment: WholePayment },
  { request, method }: Pick<Paying, "request"> & { method: PaymentMethod },
): boolean {
  if (isOutside(method))
    return payment.provider === "manual" && restOf(order, payment) <= capturableOf(payment);
  if (method === "credit_card") return takesCharges(payment);
  const isSameAccount = payment.accountId !== null && payment.accountId === request.accountId;
  return method === "balance" && isSameAccount && payment.holdId === null;
}

function refuseRest(desk: Desk, order: Order, payment: WholePayment): AppError {
  const write = amountWriter(desk.assets, order.currency);
  const [paid, due] = [write(paidOf(order, payment)), write(unpaidOf(order, payment))];
  const way = payment.provider === "balance" ? `account ${payment.accountId}` : payment.provider;
  const message = `${paid} ${order.currency} of the order are paid, by ${way}, and ${due} are due`;
  return orderError("order_partly_paid", { message, paid, due, payment_id: String(payment.id) });
}

/** What is due and not paid yet; of a card, nor authorized. */
function restOf(order: Order, payment: WholePayment | undefined): bigint {
  if (payment !== undefined && takesCharges(payment)) return unpaidOf(order, payment);
  return dueOf(order) - paidOf(order, payment);
}

/** The tax of the rest: the order's tax that was not captured yet, but never more than the rest. */
function taxOfRest(order: Order, payment: WholePayment | undefined): bigint {
  const captured = payment === undefined ? 0n : askedTaxOf(payment);
  return most(least(dueTaxOf(order) - captured, restOf(order, payment)), 0n);
}

/** Within `allOrNothing`. */
function pay(
  desk: Desk,
  { order, payment, actor }: FoundOrder,
  { services, caller, request, method }: Paying & { method: PaymentMethod },
): WholePayment | AppError {
  const isNoted = isOutside(method);
  const isOpen = payment?.provider === "manual" && !payment.cancelRequested;
  const isRest = payment !== undefined && isPartlyPaid(order, payment);
  if (isNoted && isOpen && (isRest || payment.capturedMinor === 0n)) {
    const rest = { amountMinor: restOf(order, payment), taxMinor: taxOfRest(order, payment) };
    return captureCharges(desk, payment, { ...rest, actorId: actor.id });
  }
  const closed = isRest
    ? closeWaiting(desk, payment, { actorId: actor.id })
    : closeOpen(desk, payment, actor.id);
  if (closed instanceof AppError) return closed;
  const asset = desk.assets.byCode(order.currency);
  if (asset === undefined) throw new Error(`the currency ${order.currency} of an order is not known`);
  const { accountId, paymentToken } = request;
  const onto = isRest ? closed : undefined;
  const opened = openOrderPayment(desk, services, {
    caller,
    orderId: order.id,
    customerId: order.customerId,
    asset,
    paymentMethod: method,
    accountId,
    paymentToken,
    onto,
    amountMinor: onto === undefined ? dueOf(order) : restOf(order, onto),
    taxMinor: onto !== undefined && takesCharges(onto) ? taxOfRest(order, onto) : dueTaxOf(order),
  });
  if (opened instanceof AppError || !isNoted) return opened;
  return captureCharges(desk, opened, { amountMinor: dueOf(order), actorId: actor.id });
}

/** If an unpaid invoice is now paid in another way, it is closed; a failed payment has nothing to close. */
function closeOpen(
  desk: Desk,
  payment: WholePayment | undefined,
  actorId: string,
): WholePayment | undefined | AppError {
  const isOpenInvoice = payment?.provider === "manual" && payment.capturedMinor === 0n;
  if (!isOpenInvoice || payment.cancelRequested || isInFlight(payment)) return payment;
  return voidCharges(desk, payment, { actorId });
}
