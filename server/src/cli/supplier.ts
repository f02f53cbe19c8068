// `countinghouse supplier`: asks the supplier for its stock, orders goods, and shows the orders. An order is written down
// before it is sent; if its outcome is unknown, the running program asks about it, under the same key.
import { type Command, InvalidArgumentError } from "commander";
import type { Config } from "../config/config.ts";
import { loadConfig } from "../config/load-config.ts";
import { appendAudit } from "../modules/audit/index.ts";
import { getProductBySku } from "../modules/catalog/index.ts";
import {
  addPurchaseOrder,
  callAbout,
  createSupplier,
  describePurchaseOrder,
  findPurchaseOrders,
  type PurchaseOrder,
  type Supplier,
} from "../modules/inventory/index.ts";
import { readInventorySettings } from "../modules/inventory/open.ts";
import type { Sql } from "../runtime/database.ts";
import { createLog } from "../runtime/log.ts";
import { inTransaction } from "../runtime/transaction.ts";
import { CommandError } from "./command-error.ts";
import { addExamples } from "./examples.ts";
import { withMigratedDatabase } from "./with-database.ts";

const SHOWN = 20;

export function addSupplierCommand(program: Command): void {
  const supplier = program.command("supplier").description("ask the supplier, order, follow orders");
  const print = (document: object, line: string) =>
    console.log(program.opts()["json"] === true ? JSON.stringify(document) : line);

  const check = supplier
    .command("check <sku>")
    .description("how much of a SKU the supplier has")
    .action(async (sku: string) => {
      const found = await requireSupplier(loadConfig()).checkAvailability(sku);
      const days = found.leadTimeDays === undefined ? "" : `, ${found.leadTimeDays} days`;
      print(
        { sku, available: found.available, lead_time_days: found.leadTimeDays ?? null },
        `${sku}: ${found.available} available${days}`,
      );
    });
  addExamples(check, [
    ["countinghouse supplier check WH-001", "available at the supplier, and in how many days"],
  ]);

  const order = supplier
    .command("order <sku> <quantity>")
    .description("order from the supplier, once, whatever happens on the way")
    .action(async (sku: string, quantity: string) => {
      const config = loadConfig();
      const client = requireSupplier(config);
      const wanted = { sku, quantity: readQuantity(quantity) };
      const placed = await withMigratedDatabase(config, (db) => placeOrder({ config, db, client }, wanted));
      print(describePurchaseOrder(placed), describeLine(placed));
      if (placed.lastError !== null) throw new CommandError(placed.lastError);
    });
  addExamples(order, [["countinghouse supplier order WH-001 20", "twenty of them"]]);

  const orders = supplier
    .command("orders")
    .description(`the newest ${SHOWN} orders to the supplier, and where they are`)
    .action(async () => {
      const { items: found } = await withMigratedDatabase(loadConfig(), (db) =>
        findPurchaseOrders(db, { limit: SHOWN }),
      );
      const lines = found.length === 0 ? "no orders" : found.map(describeLine).join("\n");
      print({ items: found.map(describePurchaseOrder) }, lines);
    });
  addExamples(orders, [
    ["countinghouse supplier orders", "with carrier and tracking number, where they are known"],
  ]);
}

function requireSupplier(config: Config): Supplier {
  const { supplier: options } = readInventorySettings(config);
  const supplier = options === undefined ? undefined : createSupplier(options);
  if (supplier !== undefined) return supplier;
  throw new CommandError(
    "No supplier is configured; set VENDOR_API_TOKEN, and VENDOR_API_URL to the supplier's API.",
  );
}

function readQuantity(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("the quantity must be a whole number above zero");
}

async function placeOrder(
  { config, db, client }: { config: Config; db: Sql; client: Supplier },
  { sku, quantity }: { sku: string; quantity: number },
): Promise<PurchaseOrder> {
  const product = await getProductBySku(db, sku);
  if (product === undefined) throw new CommandError(`There is no product with the SKU ${sku}.`);
  const order = await inTransaction(db, async (tx) => {
    const added = await addPurchaseOrder(tx, { productId: product.id, quantity });
    const resource = { type: "purchase_order", id: String(added.id) };
    const actor = { actorId: "cli", actorKind: "system", origin: { requestId: "cli" } };
    await appendAudit(tx, [{ event: "purchase_order.add", ...actor, resource, outcome: "success" }]);
    return added;
  });
  const log = createLog("silent"); // the command's answer reports errors
  const { leaseSeconds } = readInventorySettings(config);
  return callAbout({ db, supplier: client, log, leaseSeconds }, order);
}

function describeLine(order: PurchaseOrder): string {
  const { id, quantity, sku, state, supplierReference, carrier, trackingNumber, expectedAt } = order;
  const parts = [
    `${id}: ${quantity} × ${sku}, ${state}`,
    supplierReference === null ? undefined : `theirs ${supplierReference}`,
    carrier === null ? undefined : `${carrier} ${trackingNumber ?? ""}`.trim(),
    expectedAt === null ? undefined : `expected ${expectedAt.toISOString()}`,
  ];
  return parts.filter((part) => part !== undefined).join("; ");
}
