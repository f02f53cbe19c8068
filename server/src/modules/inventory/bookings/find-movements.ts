// The history of a product's stock: what came, what went and why. It is read from the ledger; no copy is kept beside it.

import type { Sql } from "../../../runtime/database.ts";
import { type Page, type PageBounds, toPage } from "../../../values/page.ts";
import { findHolds, findStatement, type HoldRecord, type StatementEntry } from "../../ledger/index.ts";
import { getStockAccounts } from "../stock/find-stock.ts";
import type { StockAccount } from "../stock/stock.ts";

export const MOVEMENT_TYPES = [
  "receipt",
  "adjustment",
  "transfer",
  "stocktake",
  "sale",
  "return",
  "other",
] as const;
export type MovementType = (typeof MOVEMENT_TYPES)[number];

export interface Movement {
  /** Stamp: the time of the movement. */
  readonly id: number;
  readonly locationId: number;
  readonly type: MovementType;
  /** Below zero: the units left. */
  readonly quantity: number;
  /** Units at the location after the movement. */
  readonly onHandAfter: number;
  readonly reason: string | null;
  readonly note: string | null;
  readonly reference: string | null;
}

export interface MovementQuery extends PageBounds {
  readonly productId: number;
  readonly locationId?: number | undefined;
  /** Stamps, half-open. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

/**
 * One page, newest first; no movement is repeated or skipped, whatever is booked meanwhile. The two sides of a transfer between
 * locations share an id and stand on one page, so a page may have one more than `limit`.
 * @throws AppError `not_found/stock_not_found`
 */
export async function findMovements(db: Sql, query: MovementQuery): Promise<Page<Movement>> {
  const { productId, locationId, limit, ...range } = query;
  const accounts = await getStockAccounts(db, productId);
  const asked = accounts.filter((account) => locationId === undefined || account.locationId === locationId);
  const pages = await Promise.all(
    asked.map(async (account) => {
      const page = await findStatement(db, { ...range, accountId: account.accountId, order: "desc", limit });
      return {
        movements: page.entries.map((entry) => toMovement(account, entry)),
        hasMore: page.nextCursor !== undefined,
      };
    }),
  );
  const all = pages.flatMap(({ movements }) => movements).sort((a, b) => b.id - a.id);
  const last = all[limit - 1]?.id;
  const items = last === undefined ? all : all.filter(({ id }) => id >= last);
  const hasMore = items.length < all.length || pages.some((page) => page.hasMore);
  return { items, nextCursor: hasMore ? items.at(-1)?.id : undefined };
}

/** A hold, and the location of the units that it keeps. */
export type FoundReservation = HoldRecord & { readonly locationId: number };

/** What is reserved of a product, newest first. @throws AppError `not_found/stock_not_found` */
export async function findReservations(
  db: Sql,
  { productId, cursor, limit }: PageBounds & { readonly productId: number },
): Promise<Page<FoundReservation>> {
  const accounts = await getStockAccounts(db, productId);
  const locations = new Map(accounts.map(({ accountId, locationId }) => [accountId, locationId]));
  const accountIds = [...locations.keys()];
  const holds = await findHolds(db, { accountIds, states: ["active"], beforeId: cursor, limit: limit + 1 });
  const found = holds.map((hold) => ({ ...hold, locationId: locations.get(hold.debitAccountId) ?? 0 }));
  return toPage(found, limit, ({ id }) => id);
}

function toMovement({ locationId }: StockAccount, entry: StatementEntry): Movement {
  const { act, reason = null, note = null } = readMetadata(entry.metadata);
  const quantity = Number(entry.amount);
  return {
    id: entry.id,
    locationId,
    type: typeOf(entry, act),
    quantity: entry.direction === "credit" ? quantity : -quantity,
    onHandAfter: Number(entry.balanceAfter),
    reason,
    note,
    reference: entry.reference,
  };
}

function typeOf({ type }: StatementEntry, act: string | undefined): MovementType {
  if (type === "ORDER_HOLD") return "sale";
  if (type === "ORDER_REFUND") return "return";
  return MOVEMENT_TYPES.find((name) => name === act) ?? "other";
}

interface MovementMetadata {
  readonly act?: string;
  readonly reason?: string;
  readonly note?: string;
}

/** Only this module writes it. */
function readMetadata(metadata: string | null): MovementMetadata {
  return metadata === null ? {} : JSON.parse(metadata);
}
