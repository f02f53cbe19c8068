// Turns what an operator sent into the terms of a coupon. The schemas have checked the form before; this file checks what a
// schema cannot know.

import { invalidField } from "../../values/app-error.ts";
import { describeAmountProblem, parseAmount } from "../../values/money.ts";
import { readAll, readMoment, readText } from "../../values/read-input.ts";
import { type Asset, type Assets, readCurrency } from "../ledger/index.ts";
import type { NewCoupon } from "./change-coupon.ts";
import { type Coupon, type CouponTerms, NO_TERMS, normalizeCode, PERCENT_ONE } from "./coupon.ts";
import type { CouponChange, CouponInput } from "./coupon-schemas.ts";
import { PERCENT_SCALE } from "./describe-coupon.ts";

type Given = CouponChange & Partial<Pick<CouponInput, "value" | "maximum_discount">>;
type Amounts = Pick<Given, "minimum_order" | "maximum_discount">;

/** @throws AppError `invalid/…` naming the field */
export function readNewCoupon(
  { assets, defaultCurrency }: { readonly assets: Assets; readonly defaultCurrency: string },
  input: CouponInput,
): NewCoupon {
  const isPercent = input.discount_type === "percent";
  const hasAmounts = (input.minimum_order ?? input.maximum_discount ?? null) !== null;
  const currency = input.currency ?? (isPercent && !hasAmounts ? null : defaultCurrency);
  const readAsset = () => (currency === null ? undefined : readCurrency(assets, currency));
  const { code, terms } = readAll({
    code: () => readCode(input.code),
    terms: () => readTerms(input, { isPercent, readAsset }),
  });
  return { code, terms: { ...NO_TERMS, ...terms, currency } };
}

function readCode(typed: string): string {
  const code = normalizeCode(typed);
  if (code === undefined) throw invalidField("code", "must be 3 to 40 letters, digits, - or _");
  return code;
}

/** Only the fields that were sent; a coupon's value never changes. @throws AppError `invalid/…` naming the field */
export function readCouponChange(
  assets: Assets,
  input: CouponChange,
  coupon: Pick<Coupon, "percent" | "currency">,
): Partial<CouponTerms> {
  const { percent, currency } = coupon;
  const readAsset = () => (currency === null ? undefined : readCurrency(assets, currency));
  return readTerms(input, { isPercent: percent !== null, readAsset });
}

interface CouponKind {
  readonly isPercent: boolean;
  /** @throws AppError where it names no currency */
  readonly readAsset: () => Asset | undefined;
}

function readTerms(input: Given, { isPercent, readAsset }: CouponKind): Partial<CouponTerms> {
  const { value } = input;
  const read = readAll({
    asset: readAsset,
    description: () => readText(input.description, "description"),
    percent: () => (value === undefined || !isPercent ? undefined : readPercent(value)),
    amountMinor: () =>
      value === undefined || isPercent ? undefined : readAmount(value, "value", readAsset()),
    minimumOrderMinor: () => readOptionalAmount(input, "minimum_order", readAsset),
    maximumDiscountMinor: () => {
      if ((input.maximum_discount ?? null) !== null && !isPercent)
        throw invalidField("maximum_discount", "belongs to discount_type percent");
      return readOptionalAmount(input, "maximum_discount", readAsset);
    },
    validFrom: () => readMoment(input.valid_from, "valid_from"),
    validUntil: () => readMoment(input.valid_until, "valid_until"),
  });
  const { asset: _, ...terms } = read;
  const given = {
    ...terms,
    usageLimit: input.usage_limit,
    customerLimit: input.usage_limit_per_customer,
    isActive: input.active,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function readPercent(input: string | number): number {
  const percent = parseAmount(input, PERCENT_SCALE);
  if (typeof percent !== "bigint") throw invalidField("value", describeAmountProblem(percent, PERCENT_SCALE));
  if (percent < 1n || percent > BigInt(PERCENT_ONE))
    throw invalidField("value", "must be more than 0 and at most 100");
  return Number(percent);
}

function readOptionalAmount(
  input: Amounts,
  field: keyof Amounts,
  readAsset: CouponKind["readAsset"],
): bigint | null | undefined {
  const given = input[field];
  return given === undefined || given === null ? given : readAmount(given, field, readAsset());
}

/** More than zero. */
function readAmount(given: string | number, field: string, asset: Asset | undefined): bigint {
  if (asset === undefined) throw invalidField(field, "the coupon has no currency: make another");
  const amount = parseAmount(given, asset.scale);
  if (typeof amount !== "bigint") throw invalidField(field, describeAmountProblem(amount, asset.scale));
  if (amount <= 0n) throw invalidField(field, "must be more than zero");
  return amount;
}
