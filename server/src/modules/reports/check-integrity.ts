// The check of the whole: whether ledger, stock, payments, coupons and orders agree. Each module verifies what it wrote against the
// modules below it; here they are run one after the other and told apart by kind.
import type { Sql } from "../../runtime/database.ts";
import { verifyCarts } from "../carts/index.ts";
import { verifyStock } from "../inventory/index.ts";
import { type Verification, type VerifyOptions, verifyBook } from "../ledger/index.ts";
import { verifyOrders } from "../orders/index.ts";
import { verifyPayments } from "../payments/index.ts";
import { verifyCoupons } from "../promotions/index.ts";

/** The metric's label, lowest module first. */
export const INTEGRITY_KINDS = ["ledger", "stock", "payments", "coupons", "orders"] as const;
export type IntegrityKind = (typeof INTEGRITY_KINDS)[number];

/** One thing that does not agree, with the ids of what it is about. */
export interface Finding {
  readonly check: string;
  /** One sentence that names it. */
  readonly what: string;
  readonly [id: string]: string | number | undefined;
}
export type Findings = Readonly<Record<IntegrityKind, readonly Finding[]>>;

export interface IntegrityCheck {
  readonly findings: Findings;
  /** The ledger's part, which reads only what came since its last clean run, unless `full`. */
  readonly book: Verification;
}

export interface IntegrityOptions extends Omit<VerifyOptions, "onProgress"> {
  /** How much of a kind is done, one kind after the other. */
  readonly onProgress?: (kind: IntegrityKind, done: number, of: number) => void;
  /** Stamp up to which an earlier check found all kinds in order; 0: none did. */
  readonly verifiedUntil: number;
}

/**
 * Locks no rows; each part sees one moment. The first difference of each check is named. Only the ledger may begin where
 * its own last clean run ended; the others begin where all kinds were clean, so that what was found once is found again.
 * @throws AppError `conflict/verification_running` while another verification runs on the same database
 */
export async function checkIntegrity(
  db: Sql,
  { verifiedUntil, onProgress, ...options }: IntegrityOptions,
): Promise<IntegrityCheck> {
  const tell = (kind: IntegrityKind) => ({
    onProgress: (done: number, of: number) => onProgress?.(kind, done, of),
  });
  const book = await verifyBook(db, { ...options, ...tell("ledger") });
  const since = Math.min(book.since, verifiedUntil);
  const stock = await verifyStock(db, tell("stock"));
  const payments = await verifyPayments(db, { since, ...tell("payments") });
  const coupons = await verifyCoupons(db);
  const orders = await verifyOrders(db, { since, ...tell("orders") });
  const carts = await verifyCarts(db, { since });
  const findings: Findings = {
    ledger: book.differences.map((difference) => ({ ...difference })),
    stock: stock.map((difference) => ({ ...difference })),
    payments: payments.differences.map((difference) => ({ ...difference })),
    coupons: coupons.map((difference) => ({ ...difference })),
    orders: [...orders.differences, ...carts].map((difference) => ({ ...difference })),
  };
  return { findings, book };
}

export function countFindings(findings: Findings): number {
  return Object.values(findings).reduce((sum, found) => sum + found.length, 0);
}

/** As the API and the command line tell it: accountId is account_id, and ids are strings. */
export function describeFinding({ check, what, ...ids }: Finding): {
  check: string;
  what: string;
  [id: string]: string;
} {
  const named = Object.entries(ids).flatMap(([name, value]) =>
    value === undefined
      ? []
      : [[name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), String(value)]],
  );
  return { check, what, ...Object.fromEntries(named) };
}
