// The SQL of stock: locations, items and the accounts that count them.
import { columnsOf } from "../../../runtime/row-columns.ts";
import { toArray } from "../../../runtime/sql-array.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import type { StockAccount } from "./stock.ts";

interface StockRow {
  product_id: bigint;
  location_id: number;
  account_id: bigint;
  priority: number;
  sells: boolean;
}

export interface KnownAccount extends StockAccount {
  /** Whether orders take from its location. */
  readonly sells: boolean;
}

/** By priority of their locations. */
export async function selectStock({ sql }: Tx, productIds: readonly number[]): Promise<KnownAccount[]> {
  const rows = await sql<StockRow[]>`
    SELECT s.product_id, s.location_id, s.account_id, l.priority, l.sells
    FROM inventory.stock s
    JOIN inventory.locations l ON l.id = s.location_id
    WHERE s.product_id = ANY(${toArray(productIds)}::bigint[])
    ORDER BY l.priority, l.id`;
  return rows.map(toAccount);
}

/** As `selectStock`, for accounts that may or may not count stock. */
export async function selectStockOfAccounts(
  { sql }: Tx,
  accountIds: readonly number[],
): Promise<KnownAccount[]> {
  const rows = await sql<StockRow[]>`
    SELECT s.product_id, s.location_id, s.account_id, l.priority, l.sells
    FROM inventory.stock s
    JOIN inventory.locations l ON l.id = s.location_id
    WHERE s.account_id = ANY(${toArray(accountIds)}::bigint[])`;
  return rows.map(toAccount);
}

/** For accounts that may or may not count stock. */
export async function selectProductsOf({ sql }: Tx, accountIds: readonly number[]): Promise<number[]> {
  const rows = await sql<{ product_id: bigint }[]>`
    SELECT DISTINCT product_id FROM inventory.stock WHERE account_id = ANY(${toArray(accountIds)}::bigint[])`;
  return rows.map((row) => Number(row.product_id));
}

function toAccount(row: StockRow): KnownAccount {
  return {
    productId: Number(row.product_id),
    locationId: row.location_id,
    accountId: Number(row.account_id),
    priority: row.priority,
    sells: row.sells,
  };
}

type NewStock = Pick<StockAccount, "productId" | "locationId" | "accountId">;

const STOCK_COLUMNS = columnsOf<NewStock>({
  product_id: ["bigint", (account) => account.productId],
  location_id: ["integer", (account) => account.locationId],
  account_id: ["bigint", (account) => account.accountId],
});

export async function insertStock({ sql }: Tx, accounts: readonly NewStock[]): Promise<void> {
  await sql`INSERT INTO inventory.stock ${STOCK_COLUMNS.rows(sql, accounts)}`;
}

type NewItem = Pick<ItemRow, "productId" | "lowStockThreshold">;

const ITEM_COLUMNS = columnsOf<NewItem>({
  product_id: ["bigint", (item) => item.productId],
  low_stock_threshold: ["bigint", (item) => item.lowStockThreshold],
});

export async function insertItems({ sql }: Tx, items: readonly NewItem[]): Promise<void> {
  await sql`
    INSERT INTO inventory.items ${ITEM_COLUMNS.rows(sql, items)}
    ON CONFLICT (product_id) DO NOTHING`;
}

export interface ItemRow {
  readonly productId: number;
  readonly lowStockThreshold: number | null;
  readonly reorderQuantity: number | null;
  readonly lowSince: Date | null;
  readonly version: number;
}

interface ItemSqlRow {
  product_id: bigint;
  low_stock_threshold: bigint | null;
  reorder_quantity: bigint | null;
  low_since: Date | null;
  version: bigint;
}

function toItem(row: ItemSqlRow): ItemRow {
  return {
    productId: Number(row.product_id),
    lowStockThreshold: row.low_stock_threshold === null ? null : Number(row.low_stock_threshold),
    reorderQuantity: row.reorder_quantity === null ? null : Number(row.reorder_quantity),
    lowSince: row.low_since,
    version: Number(row.version),
  };
}

/** One page in the order of product ids: the named products, or those with an open alert. */
export async function selectItems(
  { sql }: Tx,
  query: {
    productIds?: readonly number[] | undefined;
    isLow?: boolean | undefined;
    afterId: number;
    limit: number;
  },
): Promise<ItemRow[]> {
  const { productIds, isLow, afterId, limit } = query;
  const rows = await sql<ItemSqlRow[]>`
    SELECT product_id, low_stock_threshold, reorder_quantity, low_since, version
    FROM inventory.items
    WHERE product_id > ${afterId}
      AND ${isLow === true ? sql`low_since IS NOT NULL` : sql`true`}
      AND ${productIds === undefined ? sql`true` : sql`product_id = ANY(${toArray(productIds)}::bigint[])`}
    ORDER BY product_id
    LIMIT ${limit}`;
  return rows.map(toItem);
}

/** Locks the items in the order of their ids. */
export async function lockItems({ sql }: Tx, productIds: readonly number[]): Promise<ItemRow[]> {
  const rows = await sql<ItemSqlRow[]>`
    SELECT product_id, low_stock_threshold, reorder_quantity, low_since, version
    FROM inventory.items
    WHERE product_id = ANY(${toArray(productIds)}::bigint[])
    ORDER BY product_id
    FOR NO KEY UPDATE`;
  return rows.map(toItem);
}

/** Opens or closes the alerts of low stock; the items must be locked. */
export async function updateLowSince(
  { sql }: Tx,
  productIds: readonly number[],
  isLow: boolean,
): Promise<void> {
  if (productIds.length === 0) return;
  await sql`
    UPDATE inventory.items SET low_since = ${isLow ? sql`now()` : sql`NULL`}
    WHERE product_id = ANY(${toArray(productIds)}::bigint[])`;
}

export async function updateSettings(
  { sql }: Tx,
  productId: number,
  { lowStockThreshold, reorderQuantity }: Pick<ItemRow, "lowStockThreshold" | "reorderQuantity">,
): Promise<void> {
  await sql`
    UPDATE inventory.items
    SET low_stock_threshold = ${lowStockThreshold}, reorder_quantity = ${reorderQuantity},
        version = version + 1, low_since = ${lowStockThreshold === null ? sql`NULL` : sql`low_since`}
    WHERE product_id = ${productId}`;
}

/** Tells all processes that their cached directory is out of date, as soon as the transaction commits. */
export async function noteDirectoryChange({ sql }: Tx): Promise<void> {
  await sql`UPDATE inventory.directory SET changes = changes + 1`;
}

export async function selectDirectoryChanges({ sql }: Tx): Promise<number> {
  const [row] = await sql<[{ changes: bigint }]>`SELECT changes FROM inventory.directory`;
  return Number(row.changes);
}
