// Compares orders with their payments and stock holds, page by page, with the same functions that commands decide with.
import { readAhead } from "../../../runtime/reads/read-ahead.ts";
import { unitAccounts } from "../../inventory/index.ts";
import { findHoldsById, type KeptHold, tellAmounts, type VerifySubject } from "../../ledger/index.ts";
import {
  countedCharges,
  findMoneyOfOrders,
  isInFlight,
  type OrderMoney,
  refundableOf,
  selectCharges,
  sumMoney,
  voidableOf,
} from "../../payments/index.ts";
import {
  dueOf,
  factsOf,
  findOwnStep,
  findShippingStop,
  overpaidOf,
  paidOf,
} from "../changing/order-facts.ts";
import { isFinal } from "../changing/states.ts";
import { openOf } from "../order.ts";
import type { OrderDifference } from "./verify-difference.ts";
import { type CheckedLine, type CheckedOrder, selectOrdersPage } from "./verify-pages-store.ts";

const PAGE = 2_000;

/** The first order whose holds do not agree with it, and the first whose payments do not. */
export async function checkOrderPages(
  subject: VerifySubject,
): Promise<{ differences: OrderDifference[]; orderCount: number }> {
  const { tx, since } = subject;
  let [wrongHold, wrongPayment]: (OrderDifference | undefined)[] = [];
  let orderCount = 0;
  const pages = readAhead(
    (afterId: number = 0) => selectOrdersPage(tx, { since, afterId, limit: PAGE }),
    ({ id }) => id,
  );
  for await (const orders of pages) {
    const ids = orders.map(({ id }) => id);
    const holdIds = orders.flatMap(({ lines }) => lines.flatMap((line) => line.holdIds));
    const [holds, payments] = await Promise.all([findHoldsById(tx, holdIds), findMoneyOfOrders(tx, ids)]);
    wrongHold ??= checkHolds(subject, orders, holds);
    wrongPayment ??= checkPayments(subject, orders, payments);
    orderCount += orders.length;
    subject.onRead?.(orders.length);
  }
  return { differences: [wrongHold, wrongPayment].flatMap((difference) => difference ?? []), orderCount };
}

function checkHolds(
  { assets }: VerifySubject,
  orders: readonly CheckedOrder[],
  holds: ReadonlyMap<number, KeptHold>,
): OrderDifference | undefined {
  const { sold } = unitAccounts(assets);
  for (const order of orders)
    for (const line of order.lines) {
      const wrong = findWrongHold(line, { holds, sold, isOpen: isOpen(order) });
      if (wrong === undefined) continue;
      const what = `line ${line.lineNo} of order ${order.id} ${wrong.what}`;
      return { check: "order_holds", what, orderId: order.id, ...wrong.ids };
    }
  return undefined;
}

/** Stock is freed as soon as the order has ended or is about to end, or its money went back. */
function isOpen({ state, cancelReason, shippingStop }: CheckedOrder): boolean {
  return !isFinal(state) && cancelReason === null && shippingStop === "none";
}

/** The open units of a line are held, unless short or their money went back; each hold is on the account that the line names. */
function findWrongHold(
  line: CheckedLine,
  { holds, sold, isOpen }: { holds: ReadonlyMap<number, KeptHold>; sold: number; isOpen: boolean },
): { what: string; ids: Pick<OrderDifference, "holdId" | "accountId" | "expected" | "stored"> } | undefined {
  const { holdIds, stockAccountIds, short, stopped, tracksStock } = line;
  let held = 0n;
  for (const [index, holdId] of holdIds.entries()) {
    const hold = holds.get(holdId);
    const accountId = stockAccountIds[index] ?? 0;
    if (hold?.state !== "active")
      return { what: `names hold ${holdId}, which is ${hold?.state ?? "not there"}`, ids: { holdId } };
    if (hold.debitAccountId !== accountId || hold.creditAccountId !== sold)
      return {
        what: `names hold ${holdId} of account ${accountId}, which is another's`,
        ids: { holdId, accountId },
      };
    held += hold.amount;
  }
  const open = isOpen && tracksStock && !stopped ? BigInt(openOf(line) - short) : 0n;
  if (held === open) return undefined;
  const [expected, stored] = [`${open} units`, `${held}`];
  return { what: `has ${expected} open and holds ${stored}`, ids: { expected, stored } };
}

function checkPayments(
  subject: VerifySubject,
  orders: readonly CheckedOrder[],
  byOrder: ReadonlyMap<number, readonly OrderMoney[]>,
): OrderDifference | undefined {
  for (const order of orders) {
    const wrong = findWrongPayment(subject, order, byOrder.get(order.id) ?? []);
    if (wrong !== undefined)
      return {
        check: "order_payments",
        ...wrong,
        what: `order ${order.id} (${order.state}) ${wrong.what}`,
        orderId: order.id,
      };
  }
  return undefined;
}

type Wrong = Pick<OrderDifference, "what" | "paymentId" | "expected" | "stored">;

function findWrongPayment(
  subject: VerifySubject,
  order: CheckedOrder,
  payments: readonly OrderMoney[],
): Wrong | undefined {
  const charges = selectCharges(payments, order.paymentId);
  const counted = countedCharges(charges);
  const latest = charges[0] && { ...charges[0], ...sumMoney(counted) };
  if (order.paymentId !== null && latest === undefined) {
    const paymentId = order.paymentId;
    return { what: `names payment ${paymentId}, which is not its own`, paymentId };
  }
  const foreign = payments.find(({ currency }) => currency !== order.currency);
  if (foreign !== undefined)
    return { what: `has payment ${foreign.id} in ${foreign.currency}`, paymentId: foreign.id };
  const hasEndedUnsold = isFinal(order.state) && order.state !== "COMPLETED";
  if (latest !== undefined && charges.length !== latest.chargeCount) {
    const [expected, stored] = [String(charges.length), String(latest.chargeCount)];
    const what = `has ${expected} charges, and payment ${latest.id} counts ${stored}`;
    return { what, ...idOf(latest), expected, stored };
  }
  const kept = payments.find(
    (payment) => (hasEndedUnsold || !counted.includes(payment)) && keepsMoney(payment),
  );
  if (kept !== undefined) {
    const why = hasEndedUnsold ? "has ended without a sale" : "is paid by another payment";
    return { what: `${why}, and payment ${kept.id} keeps money of it`, paymentId: kept.id };
  }
  const step = findOwnStep(order, latest);
  if (step !== undefined)
    return { what: `may take the step "${step}" by itself and has not`, ...idOf(latest) };
  const holdsStock = isOpen(order) && order.lines.some(({ holdIds }) => holdIds.length > 0);
  const stop = holdsStock ? findShippingStop(order, latest) : undefined;
  if (stop !== undefined) return { what: `is ${stop} and still holds stock`, ...idOf(latest) };
  return findWrongReturns(subject, order, latest) ?? findWrongSum(subject, order, latest);
}

/** Its credit notes gave back what its payment did; what a cancelled payment gives back is not a credit. */
function findWrongReturns(
  subject: VerifySubject,
  order: CheckedOrder,
  latest: OrderMoney | undefined,
): Wrong | undefined {
  const { refundedMinor = 0n, chargedBackMinor = 0n, refundingMinor = 0n } = latest ?? {};
  const given = refundedMinor + chargedBackMinor + refundingMinor;
  const noted = order.credited - order.waived + order.repaid;
  if (latest?.cancelRequested === true || given === noted) return undefined;
  const [expected, stored] = [tellOf(subject, order, given), tellOf(subject, order, noted)];
  const what = `gave back ${stored} by its credit notes, and its payment ${expected}`;
  return { what, ...idOf(latest), expected, stored };
}

/** The paid amount is the due amount, or less as long as more may come. */
function findWrongSum(
  subject: VerifySubject,
  order: CheckedOrder,
  latest: OrderMoney | undefined,
): Wrong | undefined {
  const tell = (minor: bigint) => tellOf(subject, order, minor);
  const [expected, stored] = [tell(dueOf(order)), tell(paidOf(order, latest))];
  const told = { ...idOf(latest), expected, stored };
  const overpaid = overpaidOf(order, latest);
  if (overpaid > 0n)
    return { what: `was paid ${stored} where ${expected} are due: ${tell(overpaid)} are owed back`, ...told };
  const isTooLittle = order.state === "COMPLETED" && !factsOf(order, latest).isPaid;
  return isTooLittle ? { what: `owes ${expected}, and ${stored} were paid`, ...told } : undefined;
}

function tellOf(subject: VerifySubject, { currency }: CheckedOrder, minor: bigint): string {
  return tellAmounts(subject, currency, { amounts: String(minor), names: [""] });
}

function idOf(payment: OrderMoney | undefined): { paymentId?: number } {
  return payment === undefined ? {} : { paymentId: payment.id };
}

/** Money that is neither on its way back nor covered by an act under way. */
function keepsMoney(payment: OrderMoney): boolean {
  if (payment.cancelRequested && isInFlight(payment)) return false;
  return voidableOf(payment) > 0n || refundableOf(payment) > 0n;
}
