// `countinghouse export orders` and `countinghouse export order-lines`: what was ordered, for spreadsheets and other programs.
import { type Command, Option } from "commander";
import { loadAssets } from "../../modules/ledger/index.ts";
import type { OrderLineRow, OrderRow, OrderState } from "../../modules/orders/index.ts";
import { addExamples } from "../examples.ts";
import type { RowShape } from "./export-format.ts";
import { addExportOptions, type ExportOptions, exportRows } from "./export-rows.ts";

interface OrderOptions extends ExportOptions {
  readonly customer?: string;
  readonly status?: OrderState;
}

const STATUSES: readonly OrderState[] = [
  "PENDING",
  "CONFIRMED",
  "QUEUED",
  "PROCESSING",
  "COMPLETED",
  "CANCELLED",
  "FAILED",
  "EXPIRED",
];
const ORDERS: RowShape<OrderRow> = {
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
};
const LINES: RowShape<OrderLineRow> = {
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
};

export function addExportOrdersCommands(program: Command, exporting: Command): void {
  const orders = addOrderOptions(exporting.command("orders"))
    .description("write orders, newest first, as of one moment; amounts as decimals, times in UTC")
    .action((options: OrderOptions) => exportOrderRows(program, options));
  addExamples(orders, [
    ["countinghouse export orders --out november.csv --from 2026-11-01 --to 2026-12-01", "into EXPORT_DIR"],
    ["countinghouse export orders --format ndjson --status COMPLETED | jq .total", "to a program"],
  ]);
  const lines = addOrderOptions(exporting.command("order-lines"))
    .description("write the lines of orders, those of the newest order first; orders are never cut in two")
    .action((options: OrderOptions) => exportLineRows(program, options));
  addExamples(lines, [
    ["countinghouse export order-lines --format json --out ./lines.json", "to a file of this folder"],
  ]);
}

function addOrderOptions(command: Command): Command {
  return addExportOptions(command)
    .option("--customer <id>", "only those of one customer")
    .addOption(new Option("--status <status>", "only those of one status").choices(STATUSES));
}

async function exportOrderRows(program: Command, options: OrderOptions): Promise<void> {
  const { exportOrders } = await import("../../modules/orders/index.ts"); // large: only for whom it is
  await exportRows<OrderRow>(program, options, {
    noun: "order",
    shape: ORDERS,
    timeOf: (row) => row.created_at,
    read: async (db, target) =>
      exportOrders({ db, assets: await loadAssets(db) }, { ...readFilter(options), ...target }),
  });
}

async function exportLineRows(program: Command, options: OrderOptions): Promise<void> {
  const { exportOrderLines } = await import("../../modules/orders/index.ts");
  await exportRows<OrderLineRow>(program, options, {
    noun: "line",
    shape: LINES,
    timeOf: (row) => row.created_at,
    read: async (db, target) =>
      exportOrderLines({ db, assets: await loadAssets(db) }, { ...readFilter(options), ...target }),
  });
}

function readFilter({ from, to, customer, status }: OrderOptions) {
  return { from, to, customerId: customer, state: status };
}
