// Books the goods of a purchase order in, and closes it, in one commit. Somebody counts what is there: a supplier's word
// that it was delivered moves no stock.
import { AppError } from "../../../values/app-error.ts";
import type { BookCommand, Decision, Desk, RowReader, RowWriter } from "../../desk/index.ts";
import { buildReceiptCommand, type StockContext, type StockLine } from "../bookings/book-stock.ts";
import { inventoryError } from "../errors.ts";
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

export interface ReceivedGoods {
  readonly orderId: number;
  readonly account: StockLine["account"];
  /** Counted; may be other than what was ordered. */
  readonly quantity: number;
  readonly note?: string | undefined;
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
