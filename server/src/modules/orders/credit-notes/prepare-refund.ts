// Reads an amount to be given back, with the decimals of the order's currency, which never changes.
import type { Actor } from "../../../values/actor.ts";
import {
  readAll,
  readEach,
  readOptionalAmount,
  readOptionalId,
  readPositiveAmount,
  readText,
} from "../../../values/read-input.ts";
import { readCurrency } from "../../ledger/index.ts";
import { getOrderWithPayment } from "../get-order.ts";
import type { RefundInput } from "../schemas.ts";
import type { OrderServices } from "../services.ts";
import type { RefundRequest } from "./credit-order.ts";

/** @throws AppError `not_found/order_not_found`, `invalid/…` naming the field */
export async function prepareRefund(
  services: OrderServices,
  actor: Actor,
  { id, input }: { readonly id: number; readonly input: RefundInput },
): Promise<RefundRequest> {
  const { order } = await getOrderWithPayment(services, actor, id);
  const { amount, items, reason, refund_to_account_id: refundTo } = input;
  const asset = readCurrency(services.assets, order.currency);
  return readAll({
    amountMinor: () => readOptionalAmount(amount, asset, "amount"),
    items: () =>
      items &&
      readEach(items, (item, index) => ({
        lineNo: item.line,
        amountMinor: readPositiveAmount(item.amount, asset, `items[${index}].amount`),
      })),
    reason: () => readText(reason, "reason"),
    refundTo: () => readOptionalId(refundTo, "refund_to_account_id"),
  });
}
