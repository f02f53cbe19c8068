// The one order in which everything is locked. Code that takes several locks takes them from the top of this list down, and
// rows of one kind in the order of their ids, so that no two transactions can wait for each other in a circle.
//
//  1. the epoch of idempotency keys, shared (runtime/idempotency.ts)
//  2. accounts of the ledger, by id (ledger/book/open-book.ts); stamps are taken behind them
//  3. rows that commands ask for, kind by kind as listed here (batch-rows.ts)
//
// A module outside the desk that locks its own rows (a cart's lines, a user, a session, a purchase order) locks only one
// kind, or kinds of this list in this order.

/** The kinds of rows that commands at the desk ask for, in the order in which a batch reads and locks them. */
export const LOCK_ORDER = [
  // read without locks
  "ledger.assets",
  "banking.account_owners",
  "risk.recent_debits",
  "risk.recent_holds",
  "catalog.products",
  // locked FOR UPDATE
  "carts.carts",
  "orders.orders",
  "payments.payments",
  "payments.attempts",
  "payments.disputes",
  "payments.held_events",
  "orders.shipments",
  "orders.credit_notes",
  "inventory.purchase_orders",
  // locked FOR UPDATE: an instrument's lock also covers everything traded in it
  "trading.instruments",
  // read without locks, under the locks of their instruments: what others changed in their books
  "trading.books",
  // locked by advisory lock: owners whose trade orders are counted
  "trading.owners",
  // read without locks, under the locks of their instruments, owners and accounts
  "trading.kill_switches",
  "trading.client_orders",
  "trading.orders",
  "trading.related_orders",
  "trading.reached_orders",
  "trading.open_orders",
  "trading.asset_accounts",
  "trading.corporate_actions",
  "trading.positions",
  "risk.blocked_subjects",
  // locked by advisory lock: customers whose orders are counted
  "risk.recent_orders",
  // locked FOR UPDATE, last because many orders name one coupon
  "promotions.coupons",
  "promotions.customer_uses",
] as const;

export type RowKind = (typeof LOCK_ORDER)[number];

const RANKS: ReadonlyMap<RowKind, number> = new Map(LOCK_ORDER.map((kind, rank) => [kind, rank]));

/** The position of a kind of rows in the order; a lower one is locked earlier. */
export function rankOf(kind: RowKind): number {
  return RANKS.get(kind) ?? LOCK_ORDER.length;
}
