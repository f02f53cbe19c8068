// Turns what staff sent into a corporate action.
import { readName } from "../../../values/names.ts";
import { readId } from "../../../values/read-input.ts";
import { readOptionalPrice, unfit } from "../trade-orders/read-order-input.ts";
import type { ActionInput } from "./action-schemas.ts";
import type { NewAction } from "./corporate-action.ts";

/** @throws AppError `invalid/…`, `refused/trade_order_fields_unfit` naming the field */
export function readAction(input: ActionInput): NewAction {
  const { type, numerator, denominator, price, symbol } = input;
  const isSplit = type === "split" || type === "reverse_split";
  for (const field of ["numerator", "denominator"] as const) {
    if (isSplit && input[field] === undefined) throw unfit(field, "is missing: new units for old ones");
    if (!isSplit && input[field] !== undefined) throw unfit(field, "belongs to a split");
  }
  if (type === "symbol_change" && symbol === undefined) throw unfit("symbol", "is missing");
  if (type !== "symbol_change" && symbol !== undefined) throw unfit("symbol", "belongs to a symbol_change");
  if (type === "cash_dividend" && price === undefined)
    throw unfit("price", "is missing: what each unit brings");
  if (type === "symbol_change" && price !== undefined)
    throw unfit("price", "does not belong to a symbol_change");
  if (isSplit && numerator === denominator) throw unfit("denominator", "must not be the numerator");
  if (isSplit && (type === "split") !== (numerator ?? 0) > (denominator ?? 0))
    throw unfit(
      "numerator",
      type === "split" ? "must be more than the denominator" : "must be less than the denominator",
    );
  return {
    kind: isSplit ? "split" : type,
    instrumentId: readId(input.instrument_id, "instrument_id"),
    ratio: isSplit ? { numerator: BigInt(numerator ?? 1), denominator: BigInt(denominator ?? 1) } : undefined,
    price: readOptionalPrice(price, "price"),
    symbol,
    reason: readName(input.reason, "reason"),
    reference: readName(input.reference, "reference"),
  };
}
