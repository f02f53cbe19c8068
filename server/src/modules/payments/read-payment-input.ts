// Turns what a client sent into what the commands take.
import { invalidField } from "../../values/app-error.ts";
import { parseId } from "../../values/id.ts";
import { describeAmountProblem, parseAmount } from "../../values/money.ts";
import type { Assets } from "../ledger/index.ts";
import type { Payment } from "./payment.ts";

/** @throws AppError `invalid/invalid_request` naming the field */
export function readPaymentId(input: string, field: string): number {
  const id = parseId(input);
  if (id === undefined) throw invalidField(field, "must be an id, a decimal string");
  return id;
}

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

/** Text that PostgreSQL cannot keep is refused. @throws AppError `invalid/invalid_request` naming the field */
export function readPaymentText<T extends string | undefined>(text: T, field: string): T {
  if (text !== undefined && /[\p{Cc}\p{Cs}]/u.test(text))
    throw invalidField(field, "must not have control characters or broken Unicode");
  return text;
}
