// A credit note: money given back, with goods or without, for an order or for none. What it credits of an order is a part of
// the order's lines, so that no line is ever given back twice.
import type { OrderLine } from "../order.ts";
import { shareOfUnits, taxWithin } from "../placing/totals.ts";

/** `return`: goods came back. `refund`: money alone. `credit`: names no order. */
export type CreditNoteKind = "return" | "refund" | "credit";

export interface CreditNoteLine {
  /** From 1. */
  readonly lineNo: number;
  readonly orderLineNo: number | null;
  readonly productId: number | null;
  readonly sku: string | null;
  readonly name: string;
  /** 0: an amount alone. */
  readonly quantity: number;
  readonly unitPrice: bigint | null;
  readonly net: bigint;
  readonly tax: bigint;
  readonly gross: bigint;
  /** Where the goods went back to; null: written off, or no goods. */
  readonly stockAccountId: number | null;
  readonly stockJournalId: number | null;
}

export interface CreditNote {
  /** Stamp. */
  readonly id: number;
  readonly orderId: number | null;
  readonly kind: CreditNoteKind;
  readonly customerId: string | null;
  readonly currency: string;
  readonly net: bigint;
  readonly tax: bigint;
  readonly total: bigint;
  /** What of it goes back over the order's payment; the rest was never paid, or goes back by the journal. */
  readonly refunded: bigint;
  readonly paymentId: number | null;
  readonly refundId: number | null;
  readonly accountId: number | null;
  readonly journalId: number | null;
  readonly reason: string;
  readonly reference: string | null;
  readonly createdBy: string;
  readonly lines: readonly CreditNoteLine[];
}

/** A part of an order's line that is given back. */
export interface CreditedPart {
  readonly line: OrderLine;
  readonly quantity: number;
  readonly gross: bigint;
  readonly tax: bigint;
}

/** What of a line has not been given back. */
export function creditableOf(line: OrderLine): bigint {
  return line.gross - line.credited;
}

/** Units that come back, at what is left of their worth: a price reduced before is not paid out again. */
export function creditUnits(line: OrderLine, quantity: number): CreditedPart {
  const { returned } = line;
  const worth = shareOfUnits(line.gross, { before: returned, after: returned + quantity, of: line.quantity });
  const left = creditableOf(line);
  return { ...creditAmount(line, worth < left ? worth : left), quantity };
}

/** An amount of a line, at most what is left of it. */
export function creditAmount(line: OrderLine, gross: bigint): CreditedPart {
  const tax = taxWithin(line, { before: line.credited, after: line.credited + gross });
  return { line, quantity: 0, gross, tax };
}

/** Takes an amount from lines in their order; undefined where they have less left. */
export function spreadAmount(lines: readonly OrderLine[], amount: bigint): CreditedPart[] | undefined {
  const parts: CreditedPart[] = [];
  let missing = amount;
  for (const line of lines) {
    const left = creditableOf(line);
    const gross = left < missing ? left : missing;
    if (gross > 0n) parts.push(creditAmount(line, gross));
    missing -= gross;
  }
  return missing > 0n ? undefined : parts;
}
