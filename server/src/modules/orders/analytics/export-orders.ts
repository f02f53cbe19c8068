// Exports orders and their lines as an operator sees them: all matches, newest first, as of one moment. It goes page by page, so
// that neither this process nor PostgreSQL ever holds more than one page.

import type { Sql } from "../../../runtime/database.ts";
import { toArray } from "../../../runtime/sql-array.ts";
import { inReadTransaction, type Tx } from "../../../runtime/transaction.ts";
import type { Exported } from "../../../values/exported.ts";
import { formatStamp } from "../../../values/time.ts";
import type { Assets } from "../../ledger/index.ts";
import { amountWriter, describeLine, describeSums } from "../describe-order.ts";
import type { Order } from "../order.ts";
import { type OrderFilter, selectOrders } from "../order-read-store.ts";
import { selectLines } from "../order-store.ts";

export interface OrderRow {
  readonly id: string;
  readonly created_at: string;
  readonly status: string;
  readonly fulfilment: string;
  readonly review: string;
  readonly customer_id: string | null;
  readonly placed_by: string;
  readonly payment_method: string;
  readonly currency: string;
  readonly coupon_code: string | null;
  readonly discount: string;
  readonly net: string;
  readonly tax: string;
  readonly total: string;
  readonly credited: string;
  readonly reference: string | null;
  readonly metadata: object | null;
}

export type OrderLineRow = Pick<OrderRow, "created_at" | "status" | "customer_id" | "currency"> & {
  readonly order_id: string;
} & ReturnType<typeof describeLine>;

export interface OrderExport<Row> extends Pick<OrderFilter, "from" | "to" | "state" | "customerId"> {
  /** The most rows that are written. */
  readonly rowsMax: number;
  /** Writes a page; the next page is read after that. */
  readonly write: (page: readonly Row[]) => Promise<void>;
}

interface ExportServices {
  readonly db: Sql;
  readonly assets: Assets;
}

const ORDERS_PER_PAGE = 500;

/** One row per order. Locks nothing. @throws whatever `write` throws */
export function exportOrders(services: ExportServices, query: OrderExport<OrderRow>): Promise<Exported> {
  return exportPages(services, query, async (_tx, orders) =>
    orders.map((order) => [describeRow(services.assets, order)]),
  );
}

/** One row per line; an order's lines are all written, or none. Locks nothing. @throws whatever `write` throws */
export function exportOrderLines(
  services: ExportServices,
  query: OrderExport<OrderLineRow>,
): Promise<Exported> {
  return exportPages(services, query, async (tx, orders) => {
    const lines = await selectLines(tx, toArray(orders.map(({ id }) => id)));
    return orders.map((order) => {
      const write = amountWriter(services.assets, order.currency);
      const shared = describeShared(order);
      return (lines.get(order.id) ?? []).map((line) => ({
        order_id: String(order.id),
        ...shared,
        ...describeLine(line, write),
      }));
    });
  });
}

/** `rowsOf` makes the rows of each order, in the order of the orders. */
function exportPages<Row>(
  { db, assets }: ExportServices,
  { rowsMax, write, ...filter }: OrderExport<Row>,
  rowsOf: (tx: Tx, orders: readonly Order[]) => Promise<(readonly Row[])[]>,
): Promise<Exported> {
  return inReadTransaction(db, async (tx) => {
    let rowCount = 0;
    for (let cursor: number | undefined; ; ) {
      const orders = await selectOrders(tx.sql, { ...filter, cursor, limit: ORDERS_PER_PAGE });
      if (orders.some(({ currency }) => assets.byCode(currency) === undefined)) await assets.refresh();
      const { rows, isCut } = takeWhole(await rowsOf(tx, orders), rowsMax - rowCount);
      if (rows.length > 0) await write(rows);
      rowCount += rows.length;
      if (isCut || orders.length < ORDERS_PER_PAGE) return { rowCount, isCut };
      cursor = orders.at(-1)?.id;
    }
  });
}

/** The rows of as many orders as fit: no order is cut in two, so the export can continue after the last one. */
function takeWhole<Row>(groups: readonly (readonly Row[])[], room: number): { rows: Row[]; isCut: boolean } {
  const rows: Row[] = [];
  for (const group of groups) {
    if (rows.length + group.length > room) return { rows, isCut: true };
    rows.push(...group);
  }
  return { rows, isCut: false };
}

function describeShared(order: Order) {
  return {
    created_at: formatStamp(order.id),
    status: order.state,
    customer_id: order.customerId,
    currency: order.currency,
  };
}

function describeRow(assets: Assets, order: Order): OrderRow {
  const write = amountWriter(assets, order.currency);
  return {
    id: String(order.id),
    ...describeShared(order),
    fulfilment: order.fulfilment,
    review: order.review,
    placed_by: order.placedBy,
    payment_method: order.paymentMethod,
    coupon_code: order.couponCode,
    ...describeSums(order, write),
    reference: order.reference,
    metadata: order.metadata === null ? null : JSON.parse(order.metadata),
  };
}
