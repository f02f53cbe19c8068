// The SQL of carts and their lines.
import { columnsOf } from "../../runtime/row-columns.ts";
import { toArray } from "../../runtime/sql-array.ts";
import type { Query, Tx } from "../../runtime/transaction.ts";
import type { RowReader, RowWriter } from "../desk/index.ts";
import type { SaleTerms } from "../orders/index.ts";
import type { Cart, CartLine, CartState } from "./cart.ts";

interface CartRow {
  id: bigint;
  userId: string | null;
  state: CartState;
  isPast: boolean;
  currency: string;
  couponCode: string | null;
  discountMinor: bigint;
  version: number;
  createdAt: Date;
  changedAt: Date;
  expiresAt: Date;
  orderId: bigint | null;
  mergedInto: bigint | null;
}

function columns(sql: Query) {
  return sql`
    id, user_id AS "userId", state, expires_at <= now() AS "isPast", currency, coupon_code AS "couponCode",
    discount_minor AS "discountMinor", version, created_at AS "createdAt", changed_at AS "changedAt",
    expires_at AS "expiresAt", order_id AS "orderId", merged_into AS "mergedInto"`;
}

function toCart({ isPast, ...row }: CartRow): Cart {
  return {
    ...row,
    id: Number(row.id),
    state: row.state === "open" && isPast ? "expired" : row.state,
    orderId: row.orderId === null ? null : Number(row.orderId),
    mergedInto: row.mergedInto === null ? null : Number(row.mergedInto),
  };
}

export async function selectCart(sql: Query, id: number): Promise<Cart | undefined> {
  const [row] = await sql<CartRow[]>`SELECT ${columns(sql)} FROM carts.carts WHERE id = ${id}`;
  return row === undefined ? undefined : toCart(row);
}

/** Locks the rows in id order until the transaction ends. */
export async function lockCarts({ sql }: Tx, ids: readonly number[]): Promise<Map<number, Cart>> {
  const rows = await sql<CartRow[]>`
    SELECT ${columns(sql)}
    FROM carts.carts
    WHERE id = ANY(${toArray(ids)}::bigint[])
    ORDER BY id
    FOR UPDATE`.execute();
  return new Map(rows.map((row) => [Number(row.id), toCart(row)]));
}

/** Carts without their lines, locked until the batch ends. */
export const CARTS: RowReader<Cart> = { kind: "carts.carts", read: lockCarts };

interface LineRow extends SaleTerms {
  readonly product_id: bigint;
  readonly quantity: number;
  readonly wasForSale: boolean;
}

export async function selectLines(sql: Query, cartId: number): Promise<CartLine[]> {
  const rows = await sql<LineRow[]>`
    SELECT product_id, quantity, unit_price_minor AS "unitPrice", includes_tax AS "includesTax",
      tax_rate AS "taxRate", was_for_sale AS "wasForSale"
    FROM carts.cart_lines
    WHERE cart_id = ${cartId}
    ORDER BY position`;
  return rows.map(({ product_id, quantity, wasForSale, ...accepted }) => ({
    productId: Number(product_id),
    quantity,
    accepted,
    wasForSale,
  }));
}

/** The user's open cart; if it has expired, it is closed first. */
export async function selectOpenCartId({ sql }: Tx, userId: string): Promise<number | undefined> {
  await sql`
    UPDATE carts.carts
    SET state = 'expired', version = version + 1
    WHERE user_id = ${userId} AND state = 'open' AND expires_at <= now()`;
  const [row] = await sql<{ id: bigint }[]>`
    SELECT id FROM carts.carts WHERE user_id = ${userId} AND state = 'open'`;
  return row === undefined ? undefined : Number(row.id);
}

/** If the user has an open cart by now, this fails on the index, and the transaction is tried again. */
export async function insertCart(
  { sql }: Tx,
  cart: { readonly userId: string | null; readonly currency: string; readonly expiryDays: number },
): Promise<Cart> {
  const [row] = await sql<CartRow[]>`
    INSERT INTO carts.carts (user_id, currency, expires_at)
    VALUES (${cart.userId}, ${cart.currency}, now() + make_interval(days => ${cart.expiryDays}))
    RETURNING ${columns(sql)}`;
  if (row === undefined) throw new Error("no cart was made");
  return toCart(row);
}

interface PlacedLine extends CartLine {
  readonly cartId: number;
  /** From 1, in the order of the cart. */
  readonly position: number;
}

const LINE_COLUMNS = columnsOf<PlacedLine>({
  cart_id: ["bigint", (line) => line.cartId],
  product_id: ["bigint", (line) => line.productId],
  position: ["integer", (line) => line.position],
  quantity: ["integer", (line) => line.quantity],
  unit_price_minor: ["bigint", (line) => line.accepted.unitPrice],
  includes_tax: ["boolean", (line) => line.accepted.includesTax],
  tax_rate: ["integer", (line) => line.accepted.taxRate],
  was_for_sale: ["boolean", (line) => line.wasForSale],
});

/** Replaces all lines of a locked cart. */
export async function writeLines({ sql }: Tx, cartId: number, lines: readonly CartLine[]): Promise<void> {
  const productIds = toArray(lines.map((line) => line.productId));
  const placed = lines.map((line, index) => ({ ...line, cartId, position: index + 1 }));
  await sql`
    DELETE FROM carts.cart_lines
    WHERE cart_id = ${cartId} AND product_id <> ALL(${productIds}::bigint[])`;
  await sql`
    INSERT INTO carts.cart_lines ${LINE_COLUMNS.rows(sql, placed)}
    ON CONFLICT (cart_id, product_id) DO UPDATE
    SET position = excluded.position, quantity = excluded.quantity,
        unit_price_minor = excluded.unit_price_minor, includes_tax = excluded.includes_tax,
        tax_rate = excluded.tax_rate, was_for_sale = excluded.was_for_sale`;
}

export interface Touch {
  readonly expiryDays: number;
  /** A guest's cart may become a user's; undefined: its owner stays the same. */
  readonly userId?: string | undefined;
  /** As shown to the buyer now. */
  readonly discountMinor: bigint;
}

/** Raises the version of a locked cart and extends its life. */
export async function touchCart(
  { sql }: Tx,
  cartId: number,
  { expiryDays, userId, discountMinor }: Touch,
): Promise<Cart> {
  const [row] = await sql<CartRow[]>`
    UPDATE carts.carts
    SET version = version + 1, changed_at = now(), user_id = coalesce(${userId ?? null}, user_id),
        discount_minor = ${discountMinor}, expires_at = now() + make_interval(days => ${expiryDays})
    WHERE id = ${cartId}
    RETURNING ${columns(sql)}`;
  if (row === undefined) throw new Error(`cart ${cartId} vanished`);
  return toCart(row);
}

/** For a locked cart whose version is about to rise, and whose discount is about to be shown. */
export async function writeCoupon({ sql }: Tx, cartId: number, couponCode: string | null): Promise<void> {
  await sql`
    UPDATE carts.carts
    SET coupon_code = ${couponCode}, discount_minor = 0
    WHERE id = ${cartId}`;
}

export async function closeMerged({ sql }: Tx, cartId: number, mergedInto: number): Promise<void> {
  await sql`
    UPDATE carts.carts
    SET state = 'merged', merged_into = ${mergedInto}, version = version + 1, changed_at = now()
    WHERE id = ${cartId}`;
}

export interface OrderedCart {
  readonly id: number;
  readonly orderId: number;
}

const ORDERED_COLUMNS = columnsOf<OrderedCart>({
  id: ["bigint", (cart) => cart.id],
  order_id: ["bigint", (cart) => cart.orderId],
});

/** Carts that a batch ordered; their rows are locked. */
export const ORDERED_CARTS: RowWriter<OrderedCart> = {
  name: "orders.ordered_carts",
  write: ({ sql }, carts) =>
    sql`
      UPDATE carts.carts c
      SET state = 'ordered', order_id = n.order_id, version = version + 1, changed_at = now()
      FROM unnest(${ORDERED_COLUMNS.arrays(sql, carts)}) AS n (${ORDERED_COLUMNS.names(sql)})
      WHERE c.id = n.id`.execute(),
};

/** Closes up to `limit` expired open carts; carts that are being changed or ordered now are skipped. */
export async function closeExpired({ sql }: Tx, limit: number): Promise<number[]> {
  const rows = await sql<{ id: bigint }[]>`
    UPDATE carts.carts
    SET state = 'expired', version = version + 1
    WHERE id IN (
      SELECT id
      FROM carts.carts
      WHERE state = 'open' AND expires_at <= now()
      ORDER BY expires_at
      LIMIT ${limit}
      FOR UPDATE SKIP LOCKED)
    RETURNING id`;
  return rows.map((row) => Number(row.id));
}

/** Removes up to `limit` carts that were never ordered, and those merged into them, `keepDays` after they expired. */
export async function deleteEnded(
  { sql }: Tx,
  { limit, keepDays }: { readonly limit: number; readonly keepDays: number },
): Promise<number> {
  const rows = await sql`
    DELETE FROM carts.carts
    WHERE id IN (
      SELECT id
      FROM carts.carts
      WHERE state IN ('expired', 'merged') AND expires_at < now() - make_interval(days => ${keepDays})
      ORDER BY expires_at
      LIMIT ${limit}
      FOR UPDATE SKIP LOCKED)
    RETURNING id`;
  return rows.length;
}
