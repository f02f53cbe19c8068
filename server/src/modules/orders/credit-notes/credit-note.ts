// A credit note: money given back, with or without goods, for an order or for none. A note for an order credits parts of
// the order's lines, so that no line is ever given back twice.
import { least, most, sum } from "../../../values/money.ts";
import type { OrderLine } from "../order.ts";
import { apportion, shareOfUnits, taxWithin } from "../placing/totals.ts";

export const CREDIT_NOTE_KINDS = [
  "return",
  "refund",
  "cancellation",
  "credit",
  "chargeback",
  "reversal",
] as const;
/**
 * `return`: goods came back. `refund`: only money. `cancellation`: units will not be shipped any more. `credit`: names no order.
 * `chargeback`: the bank took the money. `reversal`: the refund of an earlier note failed; its amounts are below zero.
 */
export type CreditNoteKind = (typeof CREDIT_NOTE_KINDS)[number];

export interface CreditNoteLine {
  /** From 1. */
  readonly lineNo: number;
  readonly orderLineNo: number | null;
  readonly productId: number | null;
  readonly sku: string | null;
  readonly name: string;
  /** 0: an amount only. */
  readonly quantity: number;
  readonly unitPrice: bigint | null;
  readonly net: bigint;
  readonly tax: bigint;
  readonly gross: bigint;
  /** The location the goods went back to; null: written off, no stock kept, or no goods. */
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
  /** The part that goes back over the order's payment; the rest was never paid, or goes back by the journal. */
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

/** The part of a line that has not been given back. */
export function creditableOf(line: OrderLine): bigint {
  return line.gross - line.credited;
}

/** The worth of the units given back so far: returned ones are counted from the first unit, cancelled ones from the last. */
function worthGivenBack({ gross, returned, cancelled, quantity }: OrderLine): bigint {
  const upTo = (count: number) => shareOfUnits(gross, { before: 0, after: count, of: quantity });
  return upTo(returned) + gross - upTo(quantity - cancelled);
}

/**
 * Returned or cancelled units, at the price they were sold for less their share of earlier reductions of the line: a
 * reduction is shared by all units not given back yet, and all units together give back what was paid for the line, exactly.
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
 * Spreads an amount that names no line over the lines, exactly; undefined where they have less left. Goods that were returned
 * without their money get it first; the rest is a reduction of the price, shared by all lines by what is left of each.
 * It is spread, not kept apart, because tax, sales by product and later returns are all sums of lines: so no later return gives
 * nothing back, and all of them together never give back more than was paid.
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

/** The worth of returned or cancelled units that has not been given back. */
function owedOf(line: OrderLine): bigint {
  return most(worthGivenBack(line) - line.credited, 0n);
}

function share(amount: bigint, weights: readonly bigint[]): readonly bigint[] {
  return amount === 0n ? [] : apportion(amount, weights);
}
