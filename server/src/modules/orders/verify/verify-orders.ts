// Verifies orders: recomputes them from their lines, shipments, credit notes and timelines, and compares them with their payments
// and with the ledger, where stock and money lie. One read-only snapshot shows one moment while servers go on selling.
// Whether the ledger agrees with itself is its own check, and whether a payment agrees with its events is the payments'.

import { countUp } from "../../../runtime/count-up.ts";
import type { Sql } from "../../../runtime/database.ts";
import { allowLargeReads } from "../../../runtime/reads/large-reads-store.ts";
import { inReadTransaction } from "../../../runtime/transaction.ts";
import { sortByStamp } from "../../../values/difference.ts";
import { loadAssets } from "../../ledger/index.ts";
import * as bookings from "./verify-bookings.ts";
import * as checks from "./verify-checks.ts";
import type { OrderDifference } from "./verify-difference.ts";
import { checkOrderPages } from "./verify-pages.ts";
import { countOrders } from "./verify-pages-store.ts";
import { checkUses } from "./verify-uses.ts";

export interface VerifyOrdersOptions {
  /**
   * Stamp up to which an earlier run, the ledger's too, found everything in order; default 0. Shipments and credit notes up to
   * it are not compared with the ledger again, nor are ended orders unchanged since then; all other checks are repeated.
   */
  readonly since?: number;
  readonly onProgress?: (done: number, of: number) => void;
}

export interface OrdersVerification {
  /** In the order of their stamps, at most one per check; the first is the first difference. */
  readonly differences: readonly OrderDifference[];
  /** Orders that were compared with their payments and holds. */
  readonly orderCount: number;
}

const CHECKS = [
  checks.checkTotals,
  checks.checkPrices,
  checks.checkProgress,
  checks.checkStates,
  checks.checkTimelines,
  checks.checkNotes,
  checks.checkCredits,
  checks.checkProducts,
  checkUses,
  bookings.checkNamedHolds,
  bookings.checkShipments,
  bookings.checkPutBack,
  bookings.checkPaidOut,
  bookings.checkOwnedNotes,
  bookings.checkRefunds,
  bookings.checkUnits,
] as const;
/** The share of the total time that reading the orders page by page takes, measured with a million. */
const PAGES_SHARE = 0.5;

/** Locks nothing; runs may overlap. */
export async function verifyOrders(
  db: Sql,
  { since = 0, onProgress }: VerifyOrdersOptions = {},
): Promise<OrdersVerification> {
  const assets = await loadAssets(db);
  return inReadTransaction(db, async (tx) => {
    await allowLargeReads(tx, { enable_bitmapscan: "on" });
    const progress = countUp((await countOrders(tx)) / PAGES_SHARE, onProgress);
    const subject = { tx, since, assets, onRead: progress.add };
    const found: (OrderDifference | undefined)[] = [];
    for (const [index, check] of CHECKS.entries()) {
      found.push(await check(subject));
      progress.reach(((index + 1) / CHECKS.length) * (1 - PAGES_SHARE));
    }
    const pages = await checkOrderPages(subject);
    progress.reach(1);
    const differences = [...found, ...pages.differences].flatMap((difference) => difference ?? []);
    return {
      differences: sortByStamp(differences, ["orderId", "creditNoteId", "holdId"]),
      orderCount: pages.orderCount,
    };
  });
}
