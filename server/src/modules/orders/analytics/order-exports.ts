// Defines `countinghouse export orders` and `export order-lines`: ordered goods for spreadsheets and other programs.
import { loadAssets } from "../../ledger/index.ts";
import type { ExportOption, ExportSpan, RowExport } from "../../module.ts";
import { ORDER_STATES, type OrderState } from "../changing/states.ts";
import { exportOrderLines, exportOrders, type OrderLineRow, type OrderRow } from "./export-orders.ts";

interface Options {
  readonly customer?: string;
  readonly status?: OrderState;
}

const OPTIONS: readonly ExportOption[] = [
  { flags: "--customer <id>", description: "only those of one customer" },
  {
    flags: "--status <status>",
    description: "only those of one status",
    choices: Object.keys(ORDER_STATES),
  },
];

export const ORDER_EXPORT: RowExport<OrderRow, Options> = {
  name: "orders",
  noun: "order",
  description: "write orders, newest first, as of one moment; amounts as decimals, times in UTC",
  options: OPTIONS,
  examples: [
    ["countinghouse export orders --out november.csv --from 2026-11-01 --to 2026-12-01", "into EXPORT_DIR"],
    ["countinghouse export orders --format ndjson --status COMPLETED | jq .total", "to a program"],
  ],
  columns: [
    "id",
    "created_at",
    "status",
    "fulfilment",
    "review",
    "customer_id",
    "placed_by",
    "payment_method",
    "currency",
    "coupon_code",
    "discount",
    "net",
    "tax",
    "total",
    "credited",
    "reference",
    "metadata",
  ],
  texts: ["customer_id", "placed_by", "reference"],
  timeOf: (row) => row.created_at,
  writeRows: async (db, options, target) =>
    exportOrders({ db, assets: await loadAssets(db) }, { ...readFilter(options), ...target }),
};

export const ORDER_LINE_EXPORT: RowExport<OrderLineRow, Options> = {
  name: "order-lines",
  noun: "line",
  description: "write the lines of orders, those of the newest order first; orders are never cut in two",
  options: OPTIONS,
  examples: [
    ["countinghouse export order-lines --format json --out ./lines.json", "to a file of this folder"],
  ],
  columns: [
    "order_id",
    "created_at",
    "status",
    "customer_id",
    "line",
    "product_id",
    "sku",
    "name",
    "quantity",
    "unit_price",
    "price_includes_tax",
    "tax_rate",
    "currency",
    "discount",
    "net",
    "tax",
    "total",
    "shipped",
    "returned",
    "credited",
  ],
  texts: ["customer_id", "sku", "name"],
  timeOf: (row) => row.created_at,
  writeRows: async (db, options, target) =>
    exportOrderLines({ db, assets: await loadAssets(db) }, { ...readFilter(options), ...target }),
};

function readFilter({ from, to, customer, status }: Options & ExportSpan) {
  return { from, to, customerId: customer, state: status };
}
