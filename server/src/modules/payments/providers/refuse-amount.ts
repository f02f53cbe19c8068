// Checks whether the card provider accepts an amount, before anything is written down: otherwise the customer would be told that
// the card was refused.
import type { AppError } from "../../../values/app-error.ts";
import type { Desk } from "../../desk/index.ts";
import { paymentsError } from "../errors.ts";
import type { Payment } from "../payment.ts";
import { judgeStripeAmount } from "./stripe/stripe-amounts.ts";

/** Refuses `amount_not_payable`, naming the field; undefined where the provider accepts the amount. The sandbox accepts any. */
export function refuseAmount(
  desk: Desk,
  { provider, assetId, currency }: Pick<Payment, "provider" | "assetId" | "currency">,
  { amountMinor, isCharge, field }: { amountMinor: bigint; isCharge: boolean; field: string },
): AppError | undefined {
  if (provider !== "stripe") return undefined;
  const { scale } = desk.assets.byId(assetId);
  const reason = judgeStripeAmount(amountMinor, { currency, scale }, { isCharge });
  return reason === undefined
    ? undefined
    : paymentsError("amount_not_payable", { message: reason, fields: [{ field, reason }] });
}
