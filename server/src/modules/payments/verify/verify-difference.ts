// What a verification of payments returns, and how it writes amounts.
import type { Difference } from "../../../values/difference.ts";
import { tellAmounts, type VerifySubject } from "../../ledger/index.ts";

export type PaymentDifference = Difference<
  PaymentCheckName,
  "paymentId" | "attemptId" | "accountId" | "journalId" | "holdId"
>;

export type PaymentCheckName =
  | "payment_amounts"
  | "payment_attempts"
  | "payment_refunds"
  | "payment_disputes"
  | "payment_bookings"
  | "payment_holds"
  | "payment_owners"
  | "payment_clearing"
  | "payment_tax";

export type Found = Promise<PaymentDifference | undefined>;

/** As the ledger tells amounts, "1200 200": "12.00 captured, 2.00 refunded USD", with zeros left out. */
export function tellNonZero(
  subject: VerifySubject,
  currency: string | null,
  { amounts, names }: { amounts: string; names: readonly string[] },
): string {
  const parts = amounts.split(" ").map((amount, index) => ({ amount, name: names[index] ?? "" }));
  const told = parts.filter(({ amount }) => amount !== "0");
  return tellAmounts(subject, currency, {
    amounts: told.map(({ amount }) => amount).join(" "),
    names: told.map(({ name }) => name),
  });
}
