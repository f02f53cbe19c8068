// Books the goods of a purchase order in, and closes it, in one commit. A person counts the goods: the supplier's report of
// a delivery moves no stock.
import { AppError } from "../../../values/app-error.ts";
import type { BookCommand, CommandOutcome, Decision, Desk, RowReader, RowWriter } from "../../desk/index.ts";
import { buildReceiptCommand, type StockContext, type StockLine } from "../bookings/book-stock.ts";
import type { StockCaller, StockServices } from "../bookings/keep-stock.ts";
import { inventoryError } from "../errors.ts";
import { openPlaces } from "../stock/read-stock-input.ts";
import { DEFAULT_LOCATION_ID } from "../stock/stock.ts";
import { getPurchaseOrder } from "./find-purchase-orders.ts";
import {
  lockPurchaseOrders,
  markReceived,
  type PurchaseOrder,
  type ReceivedRow,
} from "./purchase-order-store.ts";

const ORDERS: RowReader<PurchaseOrder> = {
  kind: "inventory.purchase_orders",
  read: async (tx, ids) => new Map((await lockPurchaseOrders(tx, ids)).map((order) => [order.id, order])),
};
const RECEIVED: RowWriter<ReceivedRow> = {
  name: "inventory.purchase_orders",
  write: markReceived,
};

interface CountedGoods {
  readonly orderId: number;
  /** As counted; may differ from what was ordered. */
  readonly quantity: number;
  readonly note?: string | undefined;
}

/**
 * Books the goods in at a location (default: the first), as `buildPurchaseReceiptCommand` says. Opens the product's stock
 * there where it had none. A refusal by the desk is returned as the outcome.
 * @throws AppError `not_found/purchase_order_not_found`, `not_found/location_not_found` naming the field
 */
export async function receivePurchaseOrder(
  services: StockServices,
  caller: StockCaller,
  { locationId = DEFAULT_LOCATION_ID, ...goods }: CountedGoods & { locationId?: number | undefined },
): Promise<CommandOutcome> {
  const { db, desk, assets } = services;
  const { productId } = await getPurchaseOrder(db, goods.orderId);
  const [account] = await openPlaces(services, [{ productId, locationId }]);
  if (account === undefined) throw new Error(`product ${productId} has no stock at ${locationId}`);
  return desk.submit(buildPurchaseReceiptCommand({ ...caller, assets }, { ...goods, account }));
}

export interface ReceivedGoods extends CountedGoods {
  readonly account: StockLine["account"];
}

/**
 * A command that books the goods and closes the order. Locks the account and the order.
 * Refuses `purchase_order_not_found`, `purchase_order_closed`.
 */
export function buildPurchaseReceiptCommand(
  context: StockContext,
  { orderId, account, quantity, note }: ReceivedGoods,
): BookCommand {
  const receipt = buildReceiptCommand(context, {
    lines: [{ account, quantity }],
    reference: `purchase order ${orderId}`,
    note,
  });
  return {
    ...receipt,
    event: "purchase_order.receive",
    needs: [{ reader: ORDERS, ids: [orderId] }],
    decide: (desk) => decide(desk, receipt, { orderId, quantity }),
  };
}

function decide(
  desk: Desk,
  receipt: BookCommand,
  { orderId, quantity }: { orderId: number; quantity: number },
): Decision | AppError {
  const order = desk.rows.of(ORDERS).get(orderId);
  if (order === undefined) return inventoryError("purchase_order_not_found");
  if (["received", "refused", "cancelled"].includes(order.state))
    return inventoryError("purchase_order_closed", { purchase_order_status: order.state });
  const booked = receipt.decide(desk);
  if (booked instanceof AppError) return booked;
  const [line] = JSON.parse(booked.answer).items;
  desk.rows.of(ORDERS).set(orderId, { ...order, state: "received" });
  desk.rows.add(RECEIVED, { id: orderId, quantity, journalId: Number(line.id) });
  return { ...booked, resource: { type: "purchase_order", id: String(orderId) } };
}
