// Reads the price of a quote as a source sends it.
import { invalidField } from "../../../values/app-error.ts";
import { parseAmount } from "../../../values/money.ts";
import { PRICE_SCALE } from "../matching/price.ts";

/** Billionths. Zero is accepted here, and ignored later. @throws AppError `invalid/invalid_request` naming the field */
export function readQuotedPrice(input: string | number, field: string): bigint {
  const price = parseAmount(input, PRICE_SCALE);
  if (typeof price === "bigint") return price;
  throw invalidField(field, `must be a decimal with up to ${PRICE_SCALE} decimals, without sign`);
}
