// Reads payments for other modules and for people.
import type { Sql } from "../../runtime/database.ts";
import { paymentsError } from "./errors.ts";
import type { Payment } from "./payment.ts";
import * as store from "./payment-store.ts";

/** @throws AppError `not_found/payment_not_found` */
export async function getPayment(db: Sql, id: number): Promise<Payment> {
  const payment = await store.readPayment(db, id);
  if (payment === undefined) throw paymentsError("payment_not_found");
  return payment;
}

/** All payments of these orders, by order, in the order they were opened. */
export async function findPaymentsOfOrders(
  db: Sql,
  orderIds: readonly number[],
): Promise<Map<number, Payment[]>> {
  const payments = await store.readPaymentsOfOrders(db, orderIds);
  return Map.groupBy(payments, ({ orderId }) => orderId ?? 0);
}
