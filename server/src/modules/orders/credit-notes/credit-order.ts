// Gives back parts of an order: goods and their money (a return), or only money (a refund). Stock, refund, credit note and order
// change in one commit. Money that was never paid is not paid out: the credit lowers what is due instead.

import { AppError } from "../../../values/app-error.ts";
import { divideHalfUp, least, most, sum } from "../../../values/money.ts";
import type { Decision, Desk } from "../../desk/index.ts";
import { returnStock } from "../../inventory/index.ts";
import { allOrNothing } from "../../ledger/index.ts";
import {
  type Attempt,
  authorizedLeft,
  fitCharges,
  isInFlight,
  refundableOf,
  refundCharges,
  type WholePayment,
} from "../../payments/index.ts";
import type { CreditNoteDocument } from "../answer-schemas.ts";
import type { FoundOrder, OrderAct } from "../changing/change-order.ts";
import { refuseCancelling } from "../changing/change-order.ts";
import { dueOf, dueTaxOf, paidOf } from "../changing/order-facts.ts";
import { saveOrder } from "../changing/save-order.ts";
import { type Fulfilment, isSold } from "../changing/states.ts";
import { describeOrder } from "../describe-order.ts";
import { orderError } from "../errors.ts";
import { stopLines, stopShipping } from "../fulfilment/stop-shipping.ts";
import { fulfilmentOf, type Order, ownerOf } from "../order.ts";
import { shareOfUnits } from "../placing/totals.ts";
import {
  applyParts,
  buildCreditNote,
  leaveCreditNote,
  type Part,
  sumParts,
  toNoteLine,
} from "./build-credit-note.ts";
import { type CreditNoteLine, creditAmount, creditableOf, spreadAmount } from "./credit-note.ts";
import { splitLines } from "./split-lines.ts";

export interface RefundRequest {
  /** Minor units; undefined and without items: all that is left. */
  readonly amountMinor?: bigint | undefined;
  readonly items?: readonly { readonly lineNo: number; readonly amountMinor: bigint }[] | undefined;
  readonly reason: string;
  readonly refundTo?: number | undefined;
}

/**
 * An act that gives money back and leaves the goods. Refuses `credit_exceeds_open`, `order_cancel_pending`, and what a refund
 * refuses (`refund_exceeds_captured`, `account_frozen`, ...).
 */
export function refundOrder(request: RefundRequest): OrderAct {
  return {
    event: "order.refund",
    refundTo: request.refundTo,
    decide: (desk, found) => {
      const parts = findRefunded(found.order, request);
      if (parts instanceof AppError) return parts;
      const namedLines = new Set(request.items?.map(({ lineNo }) => lineNo));
      return credit(desk, found, { kind: "refund", parts, reason: request.reason, namedLines });
    },
  };
}

function findRefunded(order: Order, { amountMinor, items }: RefundRequest): Part[] | AppError {
  if (items !== undefined) return findRefundedLines(order, items);
  const amount = amountMinor ?? order.total - order.credited;
  const parts = spreadAmount(order.lines, amount);
  if (parts === undefined) return orderError("credit_exceeds_open");
  return parts.map((part) => ({ ...part, shelf: null }));
}

function findRefundedLines(order: Order, items: NonNullable<RefundRequest["items"]>): Part[] | AppError {
  const lines = new Map(order.lines.map((line) => [line.lineNo, line]));
  const parts: Part[] = [];
  for (const [index, { lineNo, amountMinor }] of items.entries()) {
    const line = lines.get(lineNo);
    if (line === undefined || amountMinor > creditableOf(line)) {
      const reason = line === undefined ? `the order has no line ${lineNo}` : `line ${lineNo} has less left`;
      return orderError("credit_exceeds_open", { fields: [{ field: `items[${index}].amount`, reason }] });
    }
    parts.push({ ...creditAmount(line, amountMinor), shelf: null });
    lines.set(lineNo, { ...line, credited: line.credited + amountMinor });
  }
  return parts;
}

interface Crediting {
  readonly kind: keyof typeof EVENTS;
  readonly parts: readonly Part[];
  readonly reason: string;
  /** Lines refunded by their number: a line that is refunded completely is not shipped. */
  readonly namedLines?: ReadonlySet<number> | undefined;
  /** The fulfilment once it is credited; undefined: unchanged. */
  readonly fulfilment?: Fulfilment | undefined;
}

interface Credited {
  readonly lines: readonly CreditNoteLine[];
  /** The order as it is to be saved. */
  readonly order: Order;
  readonly payment: WholePayment | undefined;
  /** One for each charge of the payment that gives something back. */
  readonly refunds: readonly Attempt[];
  readonly refunded: bigint;
  /** The tax contained in the amount. */
  readonly refundedTax: bigint;
}

/** Books what is given back, with its credit note. Refuses as the acts above say. */
export function credit(desk: Desk, found: FoundOrder, crediting: Crediting): Decision | AppError {
  const refused = refuseCancelling(found.order) ?? refuseClosed(found.order);
  const kept = refused ?? keepCredit(desk, found, crediting);
  if (kept instanceof AppError) return kept;
  const { order, payment, documents } = kept;
  const answer = JSON.stringify({
    order: describeOrder(desk.assets, { order, payment }),
    credit_note: documents[0],
    ...(documents.length === 1 ? {} : { credit_notes: documents }),
  });
  return { answer, counted: [], resource: { type: "order", id: String(order.id) } };
}

export interface KeptCredit {
  readonly order: Order;
  readonly payment: WholePayment | undefined;
  /** One, or one for each refund. */
  readonly documents: readonly CreditNoteDocument[];
}

/** As `credit`, for an order that may be credited, when the caller builds its own answer. */
export function keepCredit(desk: Desk, found: FoundOrder, crediting: Crediting): KeptCredit | AppError {
  const booked = bookCredit(desk, found, crediting);
  return booked instanceof AppError ? booked : saveCredit(desk, found, booked);
}

/** What was given back is booked; the order and the credit note must still be left. */
export type BookedCredit = Crediting & Credited;

/** Refuses what a refund or the ledger refuses. */
export function bookCredit(desk: Desk, found: FoundOrder, crediting: Crediting): BookedCredit | AppError {
  return allOrNothing<BookedCredit | AppError>(desk.book, {
    decide: () => {
      const booked = book(desk, found, crediting);
      return booked instanceof AppError ? booked : { ...crediting, ...booked };
    },
    failed: (outcome) => outcome instanceof AppError,
  });
}

/** Before confirmation an order is edited or cancelled, and after it has ended without a sale nothing is left to give back. */
function refuseClosed({ state }: Order): AppError | undefined {
  return isSold(state) ? undefined : orderError("order_state_forbids", { order_status: state });
}

/** Goods first, then money. Within `allOrNothing`. */
function book(desk: Desk, found: FoundOrder, crediting: Crediting): Credited | AppError {
  const lines: CreditNoteLine[] = [];
  for (const [index, part] of crediting.parts.entries()) {
    const journalId = putBack(desk, found, part);
    if (journalId instanceof AppError) return journalId;
    lines.push(toNoteLine(part, { lineNo: index + 1, stockJournalId: journalId }));
  }
  const money = payBack(desk, found, crediting);
  if (money instanceof AppError) return money;
  const order = applyCredit(found.order, crediting, money);
  const actorId = found.actor.id;
  const asked = { amountMinor: dueOf(order) + order.repaid, taxMinor: dueTaxOf(order), actorId };
  const payment = money.payment && fitCharges(desk, money.payment, asked);
  if (payment instanceof AppError) return payment;
  const kept = stopShipping(desk, { order, payment }, { actorId });
  if (kept instanceof AppError) return kept;
  const stopped = stopLines(desk, kept.order, crediting.namedLines ?? new Set());
  return stopped instanceof AppError ? stopped : { lines, ...money, ...kept, order: stopped };
}

function putBack(desk: Desk, { order, actor }: FoundOrder, part: Part): number | null | AppError {
  const { line, shelf, quantity } = part;
  if (shelf === null || line.productId === null) return null;
  const { accountId } = shelf;
  const purpose = { reference: `order ${order.id}`, actorId: actor.id, owner: ownerOf(order) };
  const posted = returnStock(desk, { productId: line.productId, accountId, quantity, ...purpose });
  return posted instanceof AppError ? posted : posted.id;
}

/** An authorized card is about to be captured in full: until then it is unknown what can be given back. */
function isAboutToPay(payment: WholePayment | undefined): boolean {
  const isCard = payment?.captureMode === "automatic";
  return payment !== undefined && isCard && (isInFlight(payment) || authorizedLeft(payment) > 0n);
}

/**
 * Money that was never paid is never paid out: a credit lowers what is due first, and only the rest is refunded. Returned goods
 * were due when they were shipped, so what was charged for them is refunded, whatever is still to be shipped and charged.
 */
function payBack(
  desk: Desk,
  { order, payment, actor, refundTo }: FoundOrder,
  { kind, parts, reason }: Crediting,
): Omit<Credited, "lines" | "order"> | AppError {
  const total = sum(parts.map((part) => part.gross));
  const refundable = payment === undefined ? 0n : refundableOf(payment);
  const paid = paidOf(order, payment);
  const unpaid = dueOf(order) - paid;
  const first = kind === "return" ? least(unpaid, dueOfShipped(order) - paid) : unpaid;
  const waived = least(total, most(first, total - refundable, 0n));
  if (waived > 0n && isAboutToPay(payment)) return orderError("payment_in_progress");
  if (waived > most(unpaid, 0n)) return orderError("credit_exceeds_open");
  const amountMinor = total - waived;
  if (payment === undefined || amountMinor === 0n)
    return { payment, refunds: [], refunded: 0n, refundedTax: 0n };
  const tax = divideHalfUp(sum(parts.map((part) => part.tax)) * amountMinor, total);
  const taxLeft = payment.taxCapturedMinor - payment.taxReturnedMinor;
  const taxMinor = least(tax, taxLeft, amountMinor);
  const request = { amountMinor, taxMinor, reason, refundTo, actorId: actor.id };
  const refunded = refundCharges(desk, payment, request);
  if (refunded instanceof AppError) return refunded;
  const refundedTax = sum(refunded.refunds.map((refund) => refund.taxMinor));
  return { ...refunded, refunded: amountMinor, refundedTax };
}

/** What is due for the goods that have left so far: all but what is still to be shipped. */
function dueOfShipped(order: Order): bigint {
  const open = order.lines.map(({ gross, shipped, cancelled, quantity }) =>
    shareOfUnits(gross, { before: shipped, after: quantity - cancelled, of: quantity }),
  );
  return dueOf(order) - sum(open);
}

function saveCredit(desk: Desk, found: FoundOrder, credited: BookedCredit): KeptCredit {
  const { kind, reason, payment } = credited;
  const order = saveOrder(desk, found.order, {
    set: credited.order,
    event: EVENTS[kind],
    note: reason,
    actorId: found.actor.id,
    payment,
    lines: "progress",
  });
  return { order, payment, documents: leaveCredit(desk, found, credited) };
}

/** Leaves a credit note for each refund of what was booked, or one. Each takes a stamp. Call this only after the last step that may refuse. */
export function leaveCredit(
  desk: Desk,
  { order, actor }: FoundOrder,
  credited: BookedCredit,
): CreditNoteDocument[] {
  const { kind, reason, lines, refunds } = credited;
  const notes = splitLines(
    lines,
    refunds.map(({ amountMinor }) => amountMinor),
  );
  return notes.map((ownLines, index) => {
    const refund = refunds[index];
    const note = buildCreditNote(desk, order, {
      kind,
      amounts: sumParts(ownLines),
      refunded: refund?.amountMinor ?? 0n,
      paymentId: refund?.paymentId ?? null,
      refundId: refund?.id ?? null,
      accountId: refund?.accountId ?? null,
      reason,
      createdBy: actor.id,
      lines: ownLines,
    });
    return leaveCreditNote(desk, note);
  });
}

/** The timeline's text. */
const EVENTS = { return: "returned", refund: "refunded", cancellation: "units_cancelled" } as const;

function applyCredit(
  order: Order,
  { kind, parts, fulfilment = order.fulfilment }: Crediting,
  { refunded, refundedTax }: Pick<Credited, "refunded" | "refundedTax">,
): Order {
  const { total, tax } = sumParts(parts);
  const lines = applyParts(order.lines, kind, parts);
  const isReturned = kind === "return" && fulfilmentOf(lines) === "returned";
  return {
    ...order,
    lines,
    credited: order.credited + total,
    cancelled: order.cancelled + (kind === "cancellation" ? total : 0n),
    waived: order.waived + total - refunded,
    waivedTax: order.waivedTax + least(tax - refundedTax, total - refunded),
    fulfilment: isReturned ? "returned" : fulfilment,
  };
}
