// Pays an order that waits for its money: tries another payment, or (staff) notes that an invoice, a transfer or cash was paid.

import { AppError } from "../../../values/app-error.ts";
import { needOwners } from "../../banking/index.ts";
import type { Decision, Desk } from "../../desk/index.ts";
import { allOrNothing } from "../../ledger/index.ts";
import {
  capturePayment,
  isInFlight,
  type Payment,
  scopeOfOpening,
  statusOf,
  voidPayment,
} from "../../payments/index.ts";
import { orderError } from "../errors.ts";
import type { PaymentMethod } from "../order.ts";
import { openOrderPayment } from "../placing/place-orders.ts";
import type { OrderCaller, OrderServices } from "../services.ts";
import { answerWith, type FoundOrder, type OrderAct, refuseCancelling } from "./change-order.ts";
import { dueOf, dueTaxOf, factsOf } from "./order-facts.ts";
import { saveOrder } from "./save-order.ts";
import { partyOf } from "./states.ts";

export interface PayRequest {
  /** Undefined: as the order says; staff thereby notes that it was paid outside. */
  readonly paymentMethod?: PaymentMethod | undefined;
  readonly accountId?: number | undefined;
  readonly paymentToken?: string | undefined;
}

/**
 * An act that pays. An order that was confirmed unpaid (an invoice) can be paid at any time until it has ended.
 * Refuses `order_paid`, `payment_in_progress`, `order_state_forbids`, `order_change_not_allowed` (a customer noting a payment
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
  const refused = refuseCancelling(order) ?? refusePaying(found, method);
  if (refused !== undefined) return refused;
  const payment = allOrNothing<Payment | AppError>(desk.book, {
    decide: () => pay(desk, found, { ...paying, method }),
    failed: (outcome) => outcome instanceof AppError,
  });
  if (payment instanceof AppError) return paying.services.moneyGuard.keepBlocked(desk, payment);
  const changed = saveOrder(desk, order, {
    set: { paymentMethod: method, paymentId: payment.id },
    event: payment.capturedMinor === 0n ? "payment_opened" : "payment_received",
    note: `${method}: ${statusOf(payment)}`,
    actorId: actor.id,
    payment,
  });
  return answerWith(desk, changed, payment);
}

function refusePaying({ order, payment, actor }: FoundOrder, method: PaymentMethod): AppError | undefined {
  const facts = factsOf(order, payment);
  if (facts.isPaid || (payment !== undefined && !facts.isGivenBack && facts.isCovered))
    return orderError("order_paid");
  if (facts.isInFlight || (payment !== undefined && payment.capturedMinor > 0n))
    return orderError("payment_in_progress");
  const { state } = order;
  if (state === "CANCELLED" || state === "FAILED" || state === "EXPIRED" || state === "COMPLETED")
    return orderError("order_state_forbids", { order_status: state });
  if (method === "balance" || method === "credit_card" || partyOf(actor) !== "customer") return undefined;
  return orderError("order_change_not_allowed", {
    message: "staff notes what was paid outside: pay by card or balance",
  });
}

/** Within `allOrNothing`. */
function pay(
  desk: Desk,
  { order, payment, actor }: FoundOrder,
  { services, caller, request, method }: Paying & { method: PaymentMethod },
): Payment | AppError {
  const isOutside = method !== "balance" && method !== "credit_card";
  const amountMinor = dueOf(order);
  if (isOutside && payment?.provider === "manual" && !payment.cancelRequested)
    return capturePayment(desk, payment, { amountMinor, taxMinor: dueTaxOf(order), actorId: actor.id });
  const closed = closeOpen(desk, payment, actor.id);
  if (closed instanceof AppError) return closed;
  const asset = desk.assets.byCode(order.currency);
  if (asset === undefined) throw new Error(`the currency ${order.currency} of an order is not known`);
  const { accountId, paymentToken } = request;
  const opened = openOrderPayment(desk, services, {
    caller,
    orderId: order.id,
    customerId: order.customerId,
    asset,
    paymentMethod: method,
    accountId,
    paymentToken,
    amountMinor,
    taxMinor: dueTaxOf(order),
  });
  if (opened instanceof AppError || !isOutside) return opened;
  return capturePayment(desk, opened, { amountMinor, actorId: actor.id });
}

/** An unpaid invoice that is now paid in another way is closed; a failed payment has nothing to close. */
function closeOpen(
  desk: Desk,
  payment: Payment | undefined,
  actorId: string,
): Payment | undefined | AppError {
  if (payment?.provider !== "manual" || payment.cancelRequested || isInFlight(payment)) return payment;
  return voidPayment(desk, payment, { actorId });
}
