// Edits an order that is paid, confirmed or partly credited: kept units keep their price; removed units are cancelled with their
// money; added units become lines of their own, at current prices and from current stock. Only the difference is charged or
// refunded, in the same commit.
import { AppError } from "../../../values/app-error.ts";
import { least, most } from "../../../values/money.ts";
import { PRODUCTS } from "../../catalog/index.ts";
import type { Desk } from "../../desk/index.ts";
import type { StockByProduct } from "../../inventory/index.ts";
import { allOrNothing } from "../../ledger/index.ts";
import {
  askedTaxOf,
  closeWaiting,
  isGivenBack,
  raisePayment,
  takesCharges,
  type WholePayment,
  withoutWaiting,
} from "../../payments/index.ts";
import { type BookedCredit, bookCredit } from "../credit-notes/credit-order.ts";
import { orderError } from "../errors.ts";
import { purposeOf } from "../fulfilment/held-units.ts";
import { LINES_MAX, type Order, type OrderLine } from "../order.ts";
import { discountOfLines } from "../placing/apply-coupon.ts";
import { openOrderPayment } from "../placing/open-order-payment.ts";
import { holdStock } from "../placing/place-orders.ts";
import { type NewLine, priceLines } from "../placing/price-lines.ts";
import { sumTotals } from "../placing/totals.ts";
import type { OrderCaller, OrderServices } from "../services.ts";
import { freeUnits, fulfilmentAfter, refuseUnits, toParts, type Units } from "./cancel-units.ts";
import { type FoundOrder, refuseCancelling } from "./change-order.ts";
import { matchLines, nameItem } from "./match-lines.ts";
import { dueOf, dueTaxOf, unpaidOf } from "./order-facts.ts";
import { partyOf } from "./states.ts";

export interface UnitEdit {
  readonly services: OrderServices;
  readonly caller: OrderCaller;
  /** The order as it is to become. */
  readonly items: readonly NewLine[];
  readonly stock: StockByProduct;
  /** Pays for the additional worth, where the order has no payment yet. */
  readonly accountId?: number | undefined;
  readonly paymentToken?: string | undefined;
}

export interface EditedUnits {
  /** The order as it is to be saved. */
  readonly order: Order;
  readonly payment: WholePayment | undefined;
  /** The credit note must still be left. */
  readonly credit: BookedCredit | undefined;
  readonly told: string;
}

/** Why its units cannot be edited; where nothing was paid, the lines are replaced instead. */
export function refuseUnitEdit(found: FoundOrder): AppError | undefined {
  const { order, payment } = found;
  const refused = refuseCancelling(order) ?? refuseUnits(found);
  if (refused !== undefined) return refused;
  if (order.review === "pending") return orderError("order_in_review");
  const settled = payment && withoutWaiting(payment);
  if (settled !== undefined && settled.authorizingMinor + settled.capturingMinor > 0n)
    return orderError("payment_in_progress");
  return order.shippingStop === "none"
    ? undefined
    : orderError("shipping_stopped", { shipping_stop: order.shippingStop });
}

/**
 * Books an edit by units. Refuses `order_shipped`, `order_too_large`, what placing refuses for added units, what cancelling
 * refuses for removed ones (`payment_in_progress`, `credit_exceeds_open`, ...), and what the charge does (`insufficient_funds`,
 * `payment_not_raised`, `account_for_payment_missing`, `blocked_by_risk_rule`, ...).
 */
export function editUnits(desk: Desk, found: FoundOrder, edit: UnitEdit): EditedUnits | AppError {
  const matched = matchLines(found.order, edit.items, edit.services.taxRates);
  if (matched instanceof AppError) return matched;
  return allOrNothing<EditedUnits | AppError>(desk.book, {
    decide: () => {
      const added = addLines(desk, found, { ...edit, added: matched.added });
      if (added instanceof AppError) return added;
      const closed = found.payment && closeWaiting(desk, found.payment, { actorId: found.actor.id });
      if (closed instanceof AppError) return closed;
      const cancelled = cancelUnitsOf(desk, { ...found, order: added, payment: closed }, matched.cancelled);
      if (cancelled instanceof AppError) return cancelled;
      const { order, credit } = cancelled;
      const payment = charge(desk, { ...found, order, payment: cancelled.payment }, edit);
      if (payment instanceof AppError) return payment;
      const [more, less] = [matched.added, [...matched.cancelled.values()]];
      const told = `items: ${sumOf(more.map(({ item }) => item.quantity))} added, ${sumOf(less)} cancelled`;
      return { order: { ...order, paymentId: payment?.id ?? null }, payment, credit, told };
    },
    failed: (outcome) => outcome instanceof AppError,
  });
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/** The order with the added lines, whose stock is held. Within `allOrNothing`. */
function addLines(
  desk: Desk,
  { order, actor }: FoundOrder,
  { services, stock, added }: UnitEdit & { added: readonly { item: NewLine; index: number }[] },
): Order | AppError {
  if (order.lines.length + added.length > LINES_MAX)
    return orderError("order_too_large", { message: `an order has at most ${LINES_MAX} lines` });
  const lines: OrderLine[] = [...order.lines];
  const pricing = {
    products: desk.rows.of(PRODUCTS),
    taxRates: services.taxRates,
    currency: order.currency,
    mayBuyDrafts: partyOf(actor) !== "customer",
  };
  for (const { item, index } of added) {
    const priced = priceLines([item], pricing);
    if (priced instanceof AppError) return nameItem(priced, index);
    const held = holdStock(desk, priced.lines, { stock, ...purposeOf(order, actor.id) });
    if (held instanceof AppError) return nameItem(held, index);
    lines.push(...held.map((line) => ({ ...line, lineNo: lines.length + 1 })));
  }
  const totals = sumTotals(lines);
  if (totals === undefined) return orderError("order_too_large");
  const { net, tax, gross: total } = totals;
  return { ...order, lines, discount: discountOfLines(lines), net, tax, total };
}

interface CancelledUnits {
  readonly order: Order;
  readonly payment: WholePayment | undefined;
  readonly credit: BookedCredit | undefined;
}

/** Added units are not paid yet: removed units lower that first, and only the rest is refunded. Within `allOrNothing`. */
function cancelUnitsOf(desk: Desk, found: FoundOrder, units: Units): CancelledUnits | AppError {
  const { order, payment } = found;
  const fulfilment = fulfilmentAfter(desk, order, units);
  if (units.size === 0) return { order: { ...order, fulfilment }, payment, credit: undefined };
  const freed = freeUnits(desk, found, units);
  if (freed instanceof AppError) return freed;
  const parts = toParts(freed, units);
  const crediting = { kind: "cancellation", parts, reason: "order edited", fulfilment } as const;
  const credit = bookCredit(desk, { ...found, order: freed }, crediting);
  return credit instanceof AppError ? credit : { order: credit.order, payment: credit.payment, credit };
}

/**
 * Charges what is due and neither paid nor held, by the payment that has had money of the order, for its credit notes name that. An
 * order without any payment yet is left to be paid later.
 */
function charge(
  desk: Desk,
  { order, payment, actor }: FoundOrder,
  edit: UnitEdit,
): WholePayment | undefined | AppError {
  const more = unpaidOf(order, payment);
  if (more === 0n) return payment;
  const isPaying =
    payment !== undefined &&
    !payment.cancelRequested &&
    (payment.provider === "manual" || payment.capturedMinor > 0n || !isGivenBack(payment));
  if (isPaying && !takesCharges(payment)) return raise(desk, { order, payment, more }, edit);
  if (order.state === "PENDING" && !isPaying) return payment;
  const asset = desk.assets.byCode(order.currency);
  if (asset === undefined) throw new Error(`the currency ${order.currency} of an order is not known`);
  const { accountId, paymentToken, caller } = edit;
  const { paymentMethod, customerId, id: orderId } = order;
  const asked = isPaying ? askedTaxOf(payment) : 0n;
  const amounts = { amountMinor: more, taxMinor: most(least(dueTaxOf(order) - asked, more), 0n) };
  const onto = isPaying ? payment : undefined;
  return openOrderPayment(desk, edit.services, {
    ...{
      onto,
      caller: { ...caller, actor },
      orderId,
      customerId,
      asset,
      paymentMethod,
      accountId,
      paymentToken,
    },
    ...amounts,
  });
}

function raise(
  desk: Desk,
  { order, payment, more }: { order: Order; payment: WholePayment; more: bigint },
  { services, caller }: UnitEdit,
): WholePayment | AppError {
  const { actor } = caller;
  const amountMinor = dueOf(order) + order.repaid;
  const money = { amountMinor, taxMinor: dueTaxOf(order), actorId: actor.id };
  const { accountId, assetId, reference } = payment;
  if (accountId === null) return raisePayment(desk, payment, money);
  const creditAccountId = desk.assets.systemAccount(assetId, "sales");
  const movement = { debitAccountId: accountId, creditAccountId, amount: more };
  const header = { kind: "ORDER_PAYMENT", actorId: actor.id, reference: reference ?? undefined } as const;
  const asset = desk.assets.byId(assetId);
  return services.moneyGuard.guard(desk, { actor, asset, movement, header }, () =>
    raisePayment(desk, payment, money),
  );
}
