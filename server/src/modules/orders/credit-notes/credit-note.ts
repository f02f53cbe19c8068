// A credit note: money given back, with goods or without, for an order or for none. What it credits of an order is a part of
// the order's lines, so that no line is ever given back twice.
import type { OrderLine } from "../order.ts";
import { apportion, least, most, shareOfUnits, sum, taxWithin } from "../placing/totals.ts";

export const CREDIT_NOTE_KINDS = [
  "return",
  "refund",
  "cancellation",
  "credit",
  "chargeback",
  "reversal",
] as const;
/**
 * `return`: goods came back. `refund`: money alone. `cancellation`: units are not to be shipped any more. `credit`: names no order.
 * `chargeback`: the bank took the money. `reversal`: the refund of an earlier note came to nothing; its amounts are below zero.
 */
export type CreditNoteKind = (typeof CREDIT_NOTE_KINDS)[number];

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
  /** Where the goods went back to; null: written off, not counted, or no goods. */
  readonly stockAccountId: number | null;
  readonly locationId: number | null;
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

/** What units are worth that are given back so far: those that came back, counted from the first, and those cancelled, from the last. */
function worthGivenBack({ gross, returned, cancelled, quantity }: OrderLine): bigint {
  const upTo = (count: number) => shareOfUnits(gross, { before: 0, after: count, of: quantity });
  return upTo(returned) + gross - upTo(quantity - cancelled);
}

/**
 * Units that come back or are cancelled, at what they were sold for less their share of what the line was reduced by before: a
 * reduction is every unit's that is not given back, and all units together give back what was paid for the line, to the minor unit.
 */
export function creditUnits(
  line: OrderLine,
  quantity: number,
  kind: "return" | "cancellation",
): CreditedPart {
  const { returned, cancelled } = line;
  const before = worthGivenBack(line);
  const after =
    kind === "return"
      ? worthGivenBack({ ...line, returned: returned + quantity })
      : worthGivenBack({ ...line, cancelled: cancelled + quantity });
  const reduction = most(line.credited - before, 0n);
  const of = line.quantity - returned - cancelled;
  const share = shareOfUnits(reduction, { before: 0, after: quantity, of });
  return { ...creditAmount(line, least(most(after - before - share, 0n), creditableOf(line))), quantity };
}

/** An amount of a line, at most what is left of it. */
export function creditAmount(line: OrderLine, gross: bigint): CreditedPart {
  const tax = taxWithin(line, { before: line.credited, after: line.credited + gross });
  return { line, quantity: 0, gross, tax };
}

/**
 * Spreads an amount that names no line, to the minor unit; undefined where the lines have less left. Goods that came back without
 * their money have it first; the rest is a reduction of the price that every line bears by what is left of it. Spread, and not kept
 * apart, because tax, sales by product and what a later return gives are all sums of lines: so no line later gives back nothing,
 * and all together never more than was paid.
 */
export function spreadAmount(lines: readonly OrderLine[], amount: bigint): CreditedPart[] | undefined {
  if (amount <= 0n || amount > sum(lines.map(creditableOf))) return undefined;
  const owed = lines.map(owedOf);
  const first = least(amount, sum(owed));
  const ofOwed = share(first, owed);
  const ofRest = share(
    amount - first,
    lines.map((line, index) => creditableOf(line) - (ofOwed[index] ?? 0n)),
  );
  return lines.flatMap((line, index) => {
    const gross = (ofOwed[index] ?? 0n) + (ofRest[index] ?? 0n);
    return gross === 0n ? [] : [creditAmount(line, gross)];
  });
}

/** What units were worth that came back or were cancelled, and has not been given back. */
function owedOf(line: OrderLine): bigint {
  return most(worthGivenBack(line) - line.credited, 0n);
}

function share(amount: bigint, weights: readonly bigint[]): readonly bigint[] {
  return amount === 0n ? [] : apportion(amount, weights);
}
