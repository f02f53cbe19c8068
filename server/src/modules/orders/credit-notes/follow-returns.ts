// Credits an order with what its payment gave back by itself, as if the order had given it back: a refund of the payment, a
// refund made on the provider's pages, a lost dispute. A refund that failed, whoever began it, is taken back from the order
// by a note of its own. So an order's notes always add up to what its payment gave back.

import type { AppError } from "../../../values/app-error.ts";
import { least, sum } from "../../../values/money.ts";
import { type Desk, rereadFirst } from "../../desk/index.ts";
import type { ReturnedMoney, WholePayment } from "../../payments/index.ts";
import { findOwnStep, overpaidOf } from "../changing/order-facts.ts";
import { isSold } from "../changing/states.ts";
import type { Order, OrderLine } from "../order.ts";
import { apportion } from "../placing/totals.ts";
import { applyParts, buildCreditNote, type NewNote, sumParts, toNoteLine } from "./build-credit-note.ts";
import { type CreditedPart, type CreditNote, creditAmount, spreadAmount } from "./credit-note.ts";
import { CREDIT_NOTES } from "./credit-note-store.ts";

export interface Followed {
  /** The order as it is to be saved. */
  readonly order: Order;
  /** To be left when nothing can refuse any more. */
  readonly notes: readonly CreditNote[];
}

interface Following {
  /** The order's latest payment, as the change has left it. */
  readonly payment: WholePayment;
  /** The charge of it that gave the money back. */
  readonly paymentId: number;
  readonly actorId: string;
}

/** The most stamps that the notes of one change take. */
export const STAMPS_OF_NOTES = 8;

/** Refuses `rereadFirst()` where a refund must be taken back and the order's notes were not read. */
export function followReturns(
  desk: Desk,
  order: Order,
  { returned, ...following }: Following & { returned: readonly ReturnedMoney[] },
): Followed | AppError {
  let followed: Followed = { order, notes: [] };
  for (const money of returned) {
    const next =
      money.amountMinor > 0n
        ? creditGiven(desk, followed, { ...following, money })
        : takeBack(desk, followed, { ...following, money });
    if (next instanceof Error) return next;
    followed = next;
  }
  return followed;
}

type OneReturn = Following & { readonly money: ReturnedMoney };

/**
 * Overpaid money goes back first, and changes nothing about the sale. If the order is not sold yet, all the money counts as such:
 * the order waits for its money again.
 */
function creditGiven(desk: Desk, { order, notes }: Followed, one: OneReturn): Followed {
  const { payment, paymentId, money, actorId } = one;
  const isOfSale = isSold(order.state) || findOwnStep(order, payment) === "pay";
  const repaid = isOfSale ? least(money.amountMinor, overpaidOf(order, payment)) : money.amountMinor;
  const after = { ...order, repaid: order.repaid + repaid };
  const amount = money.amountMinor - repaid;
  if (amount === 0n) return { order: after, notes };
  const parts = spreadAmount(order.lines, amount);
  if (parts === undefined)
    throw new Error(`order ${order.id} has less to give back than its payment gave back`);
  const kind = money.disputeReference === null ? "refund" : "chargeback";
  return addNote(
    desk,
    { order: after, notes },
    {
      parts,
      kind,
      refundId: money.refundId,
      accountId: money.accountId,
      reason: money.reason ?? "refunded by its payment",
      reference: money.disputeReference,
      paymentId,
      createdBy: actorId,
    },
  );
}

/** What its notes gave back by that refund, line by line; the rest of the refund was an overpayment. */
function takeBack(desk: Desk, { order, notes }: Followed, one: OneReturn): Followed | AppError {
  const { paymentId, money, actorId } = one;
  const known = desk.rows.of(CREDIT_NOTES).get(order.id);
  if (known === undefined) return rereadFirst();
  const own = [...known, ...notes].filter(({ refundId }) => refundId === money.refundId);
  const noted = sum(own.map(({ refunded }) => refunded));
  const after = { ...order, repaid: order.repaid + money.amountMinor + noted };
  if (noted === 0n) return { order: after, notes };
  return addNote(
    desk,
    { order: after, notes },
    {
      parts: takeFromLines(order.lines, own, noted),
      kind: "reversal",
      refundId: money.refundId,
      accountId: money.accountId,
      reason: money.reason ?? "the refund did not go through",
      paymentId,
      createdBy: actorId,
    },
  );
}

/** In proportion to the notes' amounts per line. Tax follows the line's own ratio, so all notes together have the right tax. */
function takeFromLines(
  lines: readonly OrderLine[],
  notes: readonly CreditNote[],
  amount: bigint,
): CreditedPart[] {
  const given = lines.map(({ lineNo }) =>
    sum(
      notes.flatMap((note) => note.lines.flatMap((each) => (each.orderLineNo === lineNo ? each.gross : []))),
    ),
  );
  const taken = apportion(amount, given);
  return lines.flatMap((line, index) => {
    const gross = taken[index] ?? 0n;
    if (gross === 0n) return [];
    const { tax } = creditAmount({ ...line, credited: line.credited - gross }, gross);
    return [{ line, quantity: 0, gross: -gross, tax: -tax }];
  });
}

type NoteFields = Pick<
  NewNote,
  "kind" | "refundId" | "accountId" | "reason" | "reference" | "paymentId" | "createdBy"
>;

function addNote(
  desk: Desk,
  { order, notes }: Followed,
  { parts, ...fields }: NoteFields & { parts: readonly CreditedPart[] },
): Followed {
  const amounts = sumParts(parts);
  const lines = parts.map((part, index) =>
    toNoteLine({ ...part, shelf: null }, { lineNo: index + 1, stockJournalId: null }),
  );
  const note = buildCreditNote(desk, order, { ...fields, amounts, refunded: amounts.total, lines });
  const credited = order.credited + amounts.total;
  return {
    order: { ...order, credited, lines: applyParts(order.lines, fields.kind, parts) },
    notes: [...notes, note],
  };
}
