// The SQL of coupons and of their uses.
import type { AnySql } from "../../runtime/database.ts";
import { columnsOf } from "../../runtime/row-columns.ts";
import { toTextArray } from "../../runtime/sql-array.ts";
import type { Tx } from "../../runtime/transaction.ts";
import type { PageFilter } from "../../values/filter.ts";
import type { RowReader, RowWriter } from "../desk/index.ts";
import type { Coupon, CouponTerms } from "./coupon.ts";

interface CouponRow {
  id: bigint;
  code: string;
  description: string | null;
  percent: number | null;
  amountMinor: bigint | null;
  currency: string | null;
  minimumOrderMinor: bigint | null;
  maximumDiscountMinor: bigint | null;
  validFrom: bigint | null;
  validUntil: bigint | null;
  usageLimit: number | null;
  customerLimit: number | null;
  isActive: boolean;
  used: number;
  version: number;
  createdAt: Date;
  updatedAt: Date;
}

const COLUMNS = `id, code, description, percent, amount AS "amountMinor", currency,
  minimum_order AS "minimumOrderMinor", maximum_discount AS "maximumDiscountMinor", valid_from AS "validFrom",
  valid_until AS "validUntil", usage_limit AS "usageLimit", customer_limit AS "customerLimit",
  is_active AS "isActive", used, version, created_at AS "createdAt", updated_at AS "updatedAt"`;

function toCoupon({ id, validFrom, validUntil, ...row }: CouponRow): Coupon {
  const stamp = (value: bigint | null) => (value === null ? null : Number(value));
  return { ...row, id: Number(id), validFrom: stamp(validFrom), validUntil: stamp(validUntil) };
}

export async function selectCoupon(sql: AnySql, code: string): Promise<Coupon | undefined> {
  const rows = await sql<CouponRow[]>`
    SELECT ${sql.unsafe(COLUMNS)} FROM promotions.coupons WHERE code = ${code}`;
  return rows.map(toCoupon)[0];
}

/** Locked until the transaction ends. */
export async function lockCoupon(tx: Tx, code: string): Promise<Coupon | undefined> {
  return (await lockCoupons(tx, [code])).get(code);
}

export type CouponFilter = PageFilter<{ isActive: boolean }>;

/** Newest first. */
export async function selectCoupons(sql: AnySql, filter: CouponFilter): Promise<Coupon[]> {
  const { isActive, cursor = Number.MAX_SAFE_INTEGER, limit } = filter;
  const rows = await sql<CouponRow[]>`
    SELECT ${sql.unsafe(COLUMNS)}
    FROM promotions.coupons
    WHERE id < ${cursor}
      AND ${isActive === undefined ? sql`true` : sql`is_active = ${isActive}`}
    ORDER BY id DESC
    LIMIT ${limit}`;
  return rows.map(toCoupon);
}

/** Undefined where the code is taken. */
export async function insertCoupon(
  { sql }: Tx,
  code: string,
  terms: CouponTerms,
): Promise<Coupon | undefined> {
  const rows = await sql<CouponRow[]>`
    INSERT INTO promotions.coupons (code, description, percent, amount, currency, minimum_order,
      maximum_discount, valid_from, valid_until, usage_limit, customer_limit, is_active)
    VALUES (${code}, ${terms.description}, ${terms.percent}, ${terms.amountMinor}, ${terms.currency},
            ${terms.minimumOrderMinor}, ${terms.maximumDiscountMinor}, ${terms.validFrom},
            ${terms.validUntil}, ${terms.usageLimit}, ${terms.customerLimit}, ${terms.isActive})
    ON CONFLICT (code) DO NOTHING
    RETURNING ${sql.unsafe(COLUMNS)}`;
  return rows.map(toCoupon)[0];
}

/** The changeable terms of a locked coupon: all but its currency. */
export async function updateCoupon(
  { sql }: Tx,
  code: string,
  terms: CouponTerms,
): Promise<Coupon | undefined> {
  const rows = await sql<CouponRow[]>`
    UPDATE promotions.coupons
    SET description = ${terms.description}, percent = ${terms.percent}, amount = ${terms.amountMinor},
        minimum_order = ${terms.minimumOrderMinor}, maximum_discount = ${terms.maximumDiscountMinor},
        valid_from = ${terms.validFrom}, valid_until = ${terms.validUntil}, usage_limit = ${terms.usageLimit},
        customer_limit = ${terms.customerLimit}, is_active = ${terms.isActive}, version = version + 1,
        updated_at = now()
    WHERE code = ${code}
    RETURNING ${sql.unsafe(COLUMNS)}`;
  return rows.map(toCoupon)[0];
}

/** Coupons by code, locked until the batch ends. This is the last lock that a batch takes, so its holder waits for no other. */
export const COUPONS: RowReader<Coupon, string> = {
  kind: "promotions.coupons",
  isContended: true,
  read: lockCoupons,
};

async function lockCoupons({ sql }: Tx, codes: readonly string[]): Promise<Map<string, Coupon>> {
  const rows = await sql<CouponRow[]>`
    SELECT ${sql.unsafe(COLUMNS)}
    FROM promotions.coupons
    WHERE code = ANY(${toTextArray(codes)}::text[])
    ORDER BY code
    FOR NO KEY UPDATE`.execute();
  return new Map(rows.map((row) => [row.code, toCoupon(row)]));
}

/** How `CUSTOMER_USES` names a customer of a coupon. A code has no spaces. */
export function customerKey(code: string, customerId: string): string {
  return `${code} ${customerId}`;
}

/**
 * Uses that are not returned, by coupon and customer, counted under the coupons' locks. Only for coupons that limit uses per
 * customer: otherwise counting for a customer who always orders with the same coupon would cost time for nothing.
 */
export const CUSTOMER_USES: RowReader<number, string> = {
  kind: "promotions.customer_uses",
  read: countUses,
};

const KEY_COLUMNS = columnsOf<string>({
  code: ["text", (key) => key.slice(0, key.indexOf(" "))],
  customer_id: ["text", (key) => key.slice(key.indexOf(" ") + 1)],
});

async function countUses({ sql }: Tx, keys: readonly string[]): Promise<Map<string, number>> {
  const rows = await sql<{ code: string; customer_id: string; count: number }[]>`
    SELECT k.code, k.customer_id, (
        SELECT count(*)::int
        FROM promotions.uses u
        WHERE u.code = k.code AND u.customer_id = k.customer_id AND u.returned_at IS NULL) AS count
    FROM unnest(${KEY_COLUMNS.arrays(sql, keys)}) AS k (${KEY_COLUMNS.names(sql)})
    JOIN promotions.coupons c ON c.code = k.code AND c.customer_limit IS NOT NULL`.execute();
  return new Map(rows.map(({ code, customer_id, count }) => [customerKey(code, customer_id), count]));
}

export async function countUsesOf(sql: AnySql, code: string, customerId: string): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    SELECT count(*)::int AS count
    FROM promotions.uses
    WHERE code = ${code} AND customer_id = ${customerId} AND returned_at IS NULL`;
  return row?.count ?? 0;
}

const COUNT_COLUMNS = columnsOf<Coupon>({
  code: ["text", (coupon) => coupon.code],
  used: ["integer", (coupon) => coupon.used],
});

/** The coupons whose uses a batch changed; where several commands changed one, the last has counted all of them. */
export const COUNTED_COUPONS: RowWriter<Coupon> = {
  name: "promotions.counted_coupons",
  write: ({ sql }, coupons) => {
    const last = [...new Map(coupons.map((coupon) => [coupon.code, coupon])).values()];
    return sql`
      UPDATE promotions.coupons c
      SET used = n.used
      FROM unnest(${COUNT_COLUMNS.arrays(sql, last)}) AS n (${COUNT_COLUMNS.names(sql)})
      WHERE c.code = n.code`.execute();
  },
};

export interface NewUse {
  readonly orderId: number;
  readonly code: string;
  readonly customerId: string | null;
}

const USE_COLUMNS = columnsOf<NewUse>({
  order_id: ["bigint", (use) => use.orderId],
  code: ["text", (use) => use.code],
  customer_id: ["text", (use) => use.customerId],
});

export const NEW_USES: RowWriter<NewUse> = {
  name: "promotions.new_uses",
  write: ({ sql }, uses) => sql`INSERT INTO promotions.uses ${USE_COLUMNS.rows(sql, uses)}`.execute(),
};

export interface ReturnedUse {
  readonly orderId: number;
  /** Stamp. */
  readonly at: number;
}

const RETURN_COLUMNS = columnsOf<ReturnedUse>({
  order_id: ["bigint", (use) => use.orderId],
  at: ["bigint", (use) => use.at],
});

export const RETURNED_USES: RowWriter<ReturnedUse> = {
  name: "promotions.returned_uses",
  write: ({ sql }, uses) =>
    sql`
      UPDATE promotions.uses u
      SET returned_at = n.at
      FROM unnest(${RETURN_COLUMNS.arrays(sql, uses)}) AS n (${RETURN_COLUMNS.names(sql)})
      WHERE u.order_id = n.order_id`.execute(),
};
