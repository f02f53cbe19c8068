// Turns what a client sent into the input of the commands.
import { invalidField } from "../../values/app-error.ts";
import { describeAmountProblem, parseAmount } from "../../values/money.ts";
import type { Assets } from "../ledger/index.ts";
import type { Payment } from "./payment.ts";

/** Minor units, more than zero; undefined where nothing was sent. @throws AppError `invalid/invalid_request` naming `amount` */
export function readPaymentAmount(
  input: string | number | undefined,
  assets: Assets,
  payment: Payment,
): bigint | undefined {
  if (input === undefined) return undefined;
  const { scale } = assets.byId(payment.assetId);
  const amount = parseAmount(input, scale);
  if (typeof amount !== "bigint") throw invalidField("amount", describeAmountProblem(amount, scale));
  if (amount === 0n) throw invalidField("amount", "must be more than zero");
  return amount;
}
