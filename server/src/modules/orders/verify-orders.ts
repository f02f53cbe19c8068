// Verifies orders: re-derives them from their lines, shipments, credit notes and timelines, and compares them with their payments
// and with the ledger, where stock and money lie. One read-only snapshot sees one moment while servers go on selling.
// That the ledger agrees with itself is its own check, and a payment with its events is the payments'.
import type { Sql } from "../../runtime/database.ts";
import { inReadTransaction } from "../../runtime/transaction.ts";
import { loadAssets } from "../ledger/index.ts";
import * as bookings from "./verify-bookings.ts";
import * as carts from "./verify-carts.ts";
import * as checks from "./verify-checks.ts";
import type { OrderDifference } from "./verify-difference.ts";
import { checkOrderPages } from "./verify-pages.ts";
import * as store from "./verify-store.ts";
import { checkUses } from "./verify-uses.ts";

export interface VerifyOrdersOptions {
  /**
   * Stamp up to which an earlier run, the ledger's too, has found everything in order; default 0. Shipments and credit notes up to
   * it are not compared with the ledger again, nor ended orders that have not changed since, nor carts with the orders that they
   * became by then; all else is.
   */
  readonly since?: number;
}

export interface OrdersVerification {
  /** In the order of their stamps, at most one of each check; the first is the first difference. */
  readonly differences: readonly OrderDifference[];
  /** Orders that were compared with their payments and holds. */
  readonly orderCount: number;
}

/** Locks nothing; a run beside another is as good as alone. */
export async function verifyOrders(
  db: Sql,
  { since = 0 }: VerifyOrdersOptions = {},
): Promise<OrdersVerification> {
  const assets = await loadAssets(db);
  return inReadTransaction(db, async (tx) => {
    await store.allowLargeReads(tx);
    const subject = { tx, since, assets };
    const found = [
      await checks.checkTotals(subject),
      await checks.checkPrices(subject),
      await checks.checkProgress(subject),
      await checks.checkStates(subject),
      await checks.checkTimelines(subject),
      await checks.checkNotes(subject),
      await checks.checkCredits(subject),
      await checks.checkProducts(subject),
      await checkUses(subject),
      await bookings.checkNamedHolds(subject),
      await bookings.checkShipments(subject),
      await bookings.checkPutBack(subject),
      await bookings.checkPaidOut(subject),
      await bookings.checkRefunds(subject),
      await bookings.checkUnits(subject),
      await carts.checkCarts(subject),
      await carts.checkMergedCarts(subject),
      await carts.checkCartProducts(subject),
    ];
    const pages = await checkOrderPages(subject);
    const differences = [...found, ...pages.differences].flatMap((difference) => difference ?? []);
    return { differences: differences.sort(byStamp), orderCount: pages.orderCount };
  });
}

function byStamp(a: OrderDifference, b: OrderDifference): number {
  return stampOf(a) - stampOf(b);
}

function stampOf({ orderId, creditNoteId, holdId }: OrderDifference): number {
  return orderId ?? creditNoteId ?? holdId ?? Number.MAX_SAFE_INTEGER;
}
