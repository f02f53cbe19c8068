// Verifies payments: recomputes their amounts from their events, attempts and disputes, and compares them with the ledger,
// where the money lies. One read-only snapshot shows one moment while servers keep running. Whether the ledger agrees with
// itself is its own check, and whether orders agree with their payments is the orders' check.

import { countUp } from "../../../runtime/count-up.ts";
import type { Sql } from "../../../runtime/database.ts";
import { allowLargeReads } from "../../../runtime/reads/large-reads-store.ts";
import { inReadTransaction } from "../../../runtime/transaction.ts";
import { sortByStamp } from "../../../values/difference.ts";
import { loadAssets } from "../../ledger/index.ts";
import * as checks from "./verify-checks.ts";
import type { PaymentDifference } from "./verify-difference.ts";
import { checkOwned } from "./verify-owned.ts";
import * as store from "./verify-payments-store.ts";

export interface VerifyPaymentsOptions {
  /**
   * Stamp up to which an earlier run, including the ledger's, found everything in order; default 0. Events up to it are not
   * compared with their journals again; all other checks are repeated.
   */
  readonly since?: number;
  /** Progress, in payments. */
  readonly onProgress?: (done: number, of: number) => void;
}

export interface PaymentsVerification {
  /** In the order of their stamps, at most one per check; the first is the first difference. */
  readonly differences: readonly PaymentDifference[];
}

/** Locks nothing; runs may overlap. */
export async function verifyPayments(
  db: Sql,
  { since = 0, onProgress }: VerifyPaymentsOptions = {},
): Promise<PaymentsVerification> {
  const assets = await loadAssets(db);
  return inReadTransaction(db, async (tx) => {
    await allowLargeReads(tx, { enable_bitmapscan: "on" });
    const progress = countUp(CHECKS.length * (await store.countPayments(tx)), onProgress);
    const subject = { tx, since, assets, onRead: progress.add };
    const found: PaymentDifference[] = [];
    for (const [index, check] of CHECKS.entries()) {
      found.push(...[await check(subject)].flat().flatMap((difference) => difference ?? []));
      progress.reach((index + 1) / CHECKS.length);
    }
    return { differences: sortByStamp(found, ["paymentId", "journalId", "holdId"]) };
  });
}

const CHECKS = [
  checks.checkSums,
  checks.checkAmounts,
  checks.checkAttempts,
  checks.checkRefunds,
  checks.checkDisputes,
  checks.checkBookings,
  checks.checkHolds,
  checkOwned,
  checks.checkSystemSums,
] as const;
