// Verifies payments: re-derives their amounts from their events, attempts and disputes, and compares them with the ledger,
// where the money lies. One read-only snapshot sees one moment while servers go on. That the ledger agrees with itself is
// its own check, and an order with its payments is the orders'.
import type { Sql } from "../../runtime/database.ts";
import { inReadTransaction } from "../../runtime/transaction.ts";
import { loadAssets } from "../ledger/index.ts";
import * as checks from "./verify-checks.ts";
import type { PaymentDifference } from "./verify-difference.ts";
import * as store from "./verify-payments-store.ts";

export interface VerifyPaymentsOptions {
  /**
   * Stamp up to which an earlier run, the ledger's too, has found everything in order; default 0. Events up to it are not
   * compared with their journals again; all else is.
   */
  readonly since?: number;
}

export interface PaymentsVerification {
  /** In the order of their stamps, at most one of each check; the first is the first difference. */
  readonly differences: readonly PaymentDifference[];
}

/** Locks nothing; a run beside another is as good as alone. */
export async function verifyPayments(
  db: Sql,
  { since = 0 }: VerifyPaymentsOptions = {},
): Promise<PaymentsVerification> {
  const assets = await loadAssets(db);
  return inReadTransaction(db, async (tx) => {
    await store.allowLargeReads(tx);
    const subject = { tx, since, assets };
    const found = [
      await checks.checkSums(subject),
      await checks.checkAttempts(subject),
      await checks.checkRefunds(subject),
      await checks.checkDisputes(subject),
      await checks.checkBookings(subject),
      await checks.checkHolds(subject),
      ...(await checks.checkSystemSums(subject)),
    ].flatMap((difference) => difference ?? []);
    return { differences: found.sort((a, b) => stampOf(a) - stampOf(b)) };
  });
}

function stampOf({ paymentId, journalId, holdId }: PaymentDifference): number {
  return paymentId ?? journalId ?? holdId ?? Number.MAX_SAFE_INTEGER;
}
