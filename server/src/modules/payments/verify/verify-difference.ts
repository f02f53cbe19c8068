// What a verification of payments answers: the same shape as the ledger's, with the ids of payments.
import type { Tx } from "../../../runtime/transaction.ts";
import { formatAmount } from "../../../values/money.ts";
import type { Assets } from "../../ledger/index.ts";

/** One thing that does not agree. Amounts are decimal strings with their currency's code. */
export interface PaymentDifference {
  readonly check: PaymentCheckName;
  /** One sentence that names it. */
  readonly what: string;
  readonly paymentId?: number;
  readonly attemptId?: number;
  readonly accountId?: number;
  readonly journalId?: number;
  readonly holdId?: number;
  /** What it should be by what it derives from. */
  readonly expected?: string;
  /** What is written down. */
  readonly stored?: string;
}

export type PaymentCheckName =
  | "payment_amounts"
  | "payment_attempts"
  | "payment_refunds"
  | "payment_disputes"
  | "payment_bookings"
  | "payment_holds"
  | "payment_clearing"
  | "payment_tax";

export interface Subject {
  readonly tx: Tx;
  /** Stamp up to which events were found booked. */
  readonly since: number;
  readonly assets: Assets;
  /** Told of payments or events that were compared with the ledger. */
  readonly onRead?: (count: number) => void;
}

export type Found = Promise<PaymentDifference | undefined>;

/** Writes amounts that a check read as text, "1200 200": "12.00 captured, 2.00 refunded USD". Zeros are left out. */
export function tellAmounts(
  { assets }: Subject,
  currency: string | null,
  { amounts, names }: { amounts: string; names: readonly string[] },
): string {
  const asset = currency === null ? undefined : assets.byCode(currency);
  const told = amounts.split(" ").flatMap((part, index) => {
    if (part === "0") return [];
    const name = names[index] ?? "";
    return `${formatAmount(BigInt(part), asset?.scale ?? 0)} ${name}`.trimEnd();
  });
  return told.length === 0 ? "nothing" : `${told.join(", ")} ${asset?.code ?? currency ?? ""}`.trimEnd();
}
