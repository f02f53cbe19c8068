// The SQL that verifies carts: reads ordered carts by page, and finds the first row of kinds that are always wrong.
import type { Tx } from "../../runtime/transaction.ts";
import type { CartLine } from "./cart.ts";

export interface OrderedCart {
  readonly id: number;
  readonly orderId: number;
  readonly currency: string;
  readonly couponCode: string | null;
  /** null: a guest's. */
  readonly userId: string | null;
  readonly discountMinor: bigint;
  /** In the order in which they were added. */
  readonly items: readonly CartLine[];
}

interface OrderedRow extends Omit<OrderedCart, "id" | "orderId" | "items"> {
  readonly id: bigint;
  readonly order_id: bigint;
  readonly items: readonly {
    readonly productId: number;
    readonly quantity: number;
    readonly unitPrice: string;
    readonly includesTax: boolean;
    readonly taxRate: number;
    readonly wasForSale: boolean;
  }[];
}

/** Carts that became an order, by the order's stamp. */
export async function selectOrderedCarts(
  { sql }: Tx,
  { afterOrderId, limit }: { readonly afterOrderId: number; readonly limit: number },
): Promise<OrderedCart[]> {
  const rows = await sql<OrderedRow[]>`
    SELECT id, order_id, currency, coupon_code AS "couponCode", user_id AS "userId",
      discount_minor AS "discountMinor",
      (
        SELECT coalesce(jsonb_agg(jsonb_build_object('productId', product_id, 'quantity', quantity,
          'unitPrice', unit_price_minor::text, 'includesTax', includes_tax, 'taxRate', tax_rate,
          'wasForSale', was_for_sale)
          ORDER BY position), '[]')
        FROM carts.cart_lines l
        WHERE l.cart_id = c.id) AS items
    FROM carts.carts c
    WHERE order_id > ${afterOrderId}
    ORDER BY order_id
    LIMIT ${limit}`;
  return rows.map(({ id, order_id, items, ...cart }) => ({
    ...cart,
    id: Number(id),
    orderId: Number(order_id),
    items: items.map(({ productId, quantity, wasForSale, unitPrice, ...accepted }) => ({
      productId,
      quantity,
      wasForSale,
      accepted: { ...accepted, unitPrice: BigInt(unitPrice) },
    })),
  }));
}

/** Merged carts whose target belongs to nobody: only signing in merges carts. */
export async function selectWrongMerge({
  sql,
}: Tx): Promise<{ id: bigint; merged_into: bigint } | undefined> {
  const [row] = await sql<{ id: bigint; merged_into: bigint }[]>`
    SELECT c.id, c.merged_into
    FROM carts.carts c
    LEFT JOIN carts.carts i ON i.id = c.merged_into
    WHERE c.merged_into IS NOT NULL AND i.user_id IS NULL
    ORDER BY c.id
    LIMIT 1`;
  return row;
}

/** Products in carts that are open, or that were ordered after a stamp. */
export async function selectCartProducts(
  { sql }: Tx,
  since: number,
): Promise<{ productId: number; cartId: number }[]> {
  const rows = await sql<{ product_id: bigint; cart_id: bigint }[]>`
    SELECT l.product_id, min(l.cart_id) AS cart_id
    FROM carts.cart_lines l
    JOIN carts.carts c ON c.id = l.cart_id
    WHERE c.state = 'open' OR c.order_id > ${since}
    GROUP BY l.product_id
    ORDER BY 2`;
  return rows.map((row) => ({ productId: Number(row.product_id), cartId: Number(row.cart_id) }));
}
