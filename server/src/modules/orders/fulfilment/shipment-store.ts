// The SQL of shipments.
import type { Sql } from "../../../runtime/database.ts";
import { columnsOf } from "../../../runtime/row-columns.ts";
import { toArray } from "../../../runtime/sql-array.ts";
import type { Reader, Tx } from "../../../runtime/transaction.ts";
import type { RowReader, RowWriter } from "../../desk/index.ts";
import type { Shipment, ShipmentLine } from "./shipment.ts";

interface ShipmentRow {
  id: bigint;
  order_id: bigint;
  carrier: string | null;
  tracking_number: string | null;
  tracking_url: string | null;
  shipped_by: string;
  delivered_at: bigint | null;
}

interface ShipmentLineRow {
  shipment_id: bigint;
  line_no: number;
  hold_id: bigint;
  stock_account_id: bigint | null;
  quantity: number;
}

/** Shipments by order, oldest first. Covered by the locks of their orders' rows. */
export const SHIPMENTS: RowReader<readonly Shipment[]> = {
  kind: "orders.shipments",
  read: (tx, orderIds) => selectShipmentsOfOrders(tx, orderIds),
};

export async function selectShipments(db: Sql, orderId: number): Promise<readonly Shipment[]> {
  return (await selectShipmentsOfOrders({ sql: db }, [orderId])).get(orderId) ?? [];
}

export async function selectShipmentsOfOrders(
  { sql }: Reader,
  orderIds: readonly number[],
): Promise<Map<number, Shipment[]>> {
  const ids = toArray(orderIds);
  const [rows, lines] = await Promise.all([
    sql<ShipmentRow[]>`
      SELECT id, order_id, carrier, tracking_number, tracking_url, shipped_by, delivered_at
      FROM orders.shipments
      WHERE order_id = ANY(${ids}::bigint[])
      ORDER BY order_id, id`.execute(),
    sql<ShipmentLineRow[]>`
      SELECT l.shipment_id, l.line_no, l.hold_id, l.stock_account_id, l.quantity
      FROM orders.shipments s
      JOIN orders.shipment_lines l ON l.shipment_id = s.id
      WHERE s.order_id = ANY(${ids}::bigint[])
      ORDER BY l.shipment_id, l.line_no, l.hold_id`.execute(),
  ]);
  const linesOf = Map.groupBy(lines, (line) => Number(line.shipment_id));
  const shipments = rows.map((row) => toShipment(row, (linesOf.get(Number(row.id)) ?? []).map(toLine)));
  return Map.groupBy(shipments, ({ orderId }) => orderId);
}

function toShipment(row: ShipmentRow, lines: readonly ShipmentLine[]): Shipment {
  return {
    id: Number(row.id),
    orderId: Number(row.order_id),
    carrier: row.carrier,
    trackingNumber: row.tracking_number,
    trackingUrl: row.tracking_url,
    shippedBy: row.shipped_by,
    deliveredAt: row.delivered_at === null ? null : Number(row.delivered_at),
    lines,
  };
}

function toLine(row: ShipmentLineRow): ShipmentLine {
  return {
    lineNo: row.line_no,
    holdId: Number(row.hold_id),
    stockAccountId: row.stock_account_id === null ? null : Number(row.stock_account_id),
    quantity: row.quantity,
  };
}

const SHIPMENT_COLUMNS = columnsOf<Shipment>({
  id: ["bigint", (shipment) => shipment.id],
  order_id: ["bigint", (shipment) => shipment.orderId],
  carrier: ["text", (shipment) => shipment.carrier],
  tracking_number: ["text", (shipment) => shipment.trackingNumber],
  tracking_url: ["text", (shipment) => shipment.trackingUrl],
  shipped_by: ["text", (shipment) => shipment.shippedBy],
});

interface NewLine {
  readonly shipmentId: number;
  readonly line: ShipmentLine;
}

const LINE_COLUMNS = columnsOf<NewLine>({
  shipment_id: ["bigint", ({ shipmentId }) => shipmentId],
  line_no: ["smallint", ({ line }) => line.lineNo],
  hold_id: ["bigint", ({ line }) => line.holdId],
  stock_account_id: ["bigint", ({ line }) => line.stockAccountId],
  quantity: ["integer", ({ line }) => line.quantity],
});

export const NEW_SHIPMENTS: RowWriter<Shipment> = {
  name: "orders.new_shipments",
  write: (tx, shipments) => Promise.all([insertShipments(tx, shipments), insertShipmentLines(tx, shipments)]),
};

function insertShipments({ sql }: Tx, shipments: readonly Shipment[]): Promise<unknown> {
  return sql`INSERT INTO orders.shipments ${SHIPMENT_COLUMNS.rows(sql, shipments)}`.execute();
}

function insertShipmentLines({ sql }: Tx, shipments: readonly Shipment[]): Promise<unknown> {
  const lines = shipments.flatMap(({ id, lines }) => lines.map((line) => ({ shipmentId: id, line })));
  return sql`INSERT INTO orders.shipment_lines ${LINE_COLUMNS.rows(sql, lines)}`.execute();
}

export interface Delivery {
  readonly shipmentId: number;
  /** Stamp. */
  readonly at: number;
}

const DELIVERY_COLUMNS = columnsOf<Delivery>({
  id: ["bigint", (delivery) => delivery.shipmentId],
  at: ["bigint", (delivery) => delivery.at],
});

export const DELIVERIES: RowWriter<Delivery> = {
  name: "orders.deliveries",
  write: ({ sql }, deliveries) =>
    sql`
      UPDATE orders.shipments s
      SET delivered_at = n.at
      FROM unnest(${DELIVERY_COLUMNS.arrays(sql, deliveries)}) AS n (${DELIVERY_COLUMNS.names(sql)})
      WHERE s.id = n.id`.execute(),
};
