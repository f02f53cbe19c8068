// The shapes of coupons in requests and answers.
import { Type } from "typebox";
import {
  AMOUNT_PATTERN,
  Amount,
  AmountInput,
  Currency,
  Cursor,
  Limit,
  momentOf,
  nullable,
  pageOf,
  SHOWN,
  shown,
  Time,
} from "../../http/index.ts";

const closed = { additionalProperties: false } as const;

const COUNT_MAX = 2_147_483_647; // PostgreSQL's integer
const Code = Type.String({
  pattern: "^[A-Za-z0-9][A-Za-z0-9_-]{2,39}$",
  description: "Kept in upper case; case does not tell two apart",
  examples: ["SUMMER-10"],
});
/** More than 0; a percentage is at most 100. */
const VALUE = "^([1-9][0-9]?([.][0-9]{1,2})?|0[.][0-9]?[1-9])$";
const Value = Type.Union(
  [shown(Type.String({ minLength: 1, maxLength: 32 }), { pattern: VALUE }), Type.Number({ minimum: 0 })],
  {
    description:
      "Of percent: more than 0, at most 100, up to four decimals; of amount: an amount of the currency",
    examples: ["10"],
  },
);
const Count = Type.Integer({ minimum: 1, maximum: COUNT_MAX, examples: [100] });
const Description = Type.String({ minLength: 1, maxLength: 300, examples: ["Newsletter of June"] });

/** A coupon's value never changes: otherwise a cart could show one discount and its order get another. */
const discount = {
  value: Value,
  maximum_discount: Type.Optional(nullable(AmountInput)),
};
const terms = {
  description: Type.Optional(nullable(Description)),
  minimum_order: Type.Optional(nullable(AmountInput)),
  valid_from: Type.Optional(nullable(momentOf("start"))),
  valid_until: Type.Optional(nullable(momentOf("end"))),
  usage_limit: Type.Optional(nullable(Count)),
  usage_limit_per_customer: Type.Optional(nullable(Count)),
  active: Type.Optional(Type.Boolean()),
};

const example = {
  code: "SUMMER-10",
  discount_type: "percent",
  value: "10",
  currency: "USD",
  maximum_discount: "50.00",
  minimum_order: "20.00",
  valid_until: "2027-09-01",
  usage_limit: 100,
  usage_limit_per_customer: 1,
};
/** A percentage is at most 100, and only a percentage may have a maximum discount. */
const BY_TYPE = {
  allOf: [
    {
      anyOf: [
        { properties: { discount_type: { const: "amount" } } },
        {
          properties: {
            value: { anyOf: [{ type: "string" }, { type: "number", exclusiveMinimum: 0, maximum: 100 }] },
          },
        },
      ],
    },
    {
      anyOf: [
        { properties: { discount_type: { const: "percent" } } },
        { properties: { maximum_discount: { type: "null" } } },
      ],
    },
  ],
};
export const CouponInput = Type.Object(
  {
    code: Code,
    discount_type: Type.Enum(["percent", "amount"]),
    ...discount,
    currency: Type.Optional(
      Type.String({
        pattern: "^[A-Z0-9][A-Z0-9_.:-]{0,63}$",
        description:
          "Of the amounts, and then of the orders; default where there are amounts: DEFAULT_CURRENCY",
        examples: ["USD"],
      }),
    ),
    ...terms,
  },
  { ...closed, [SHOWN]: BY_TYPE, examples: [example] },
);
export type CouponInput = Type.Static<typeof CouponInput>;

export const CouponChange = Type.Object(terms, {
  ...closed,
  minProperties: 1,
  description: "What the coupon takes off stays; for that make another and switch this one off",
  examples: [{ usage_limit: 200, valid_until: "2027-10-01" }],
});
export type CouponChange = Type.Static<typeof CouponChange>;

export const CouponParams = Type.Object({ code: Type.String({ maxLength: 80, examples: ["SUMMER-10"] }) });
export const CouponQuery = Type.Object(
  { active: Type.Optional(Type.Boolean()), cursor: Cursor, limit: Limit },
  closed,
);
export const CheckQuery = Type.Object(
  {
    subtotal: shown(
      Type.String({
        maxLength: 32,
        description: "What the lines are worth together, before the discount",
        examples: ["100.00"],
      }),
      { pattern: AMOUNT_PATTERN },
    ),
    currency: Type.Optional(Currency),
  },
  closed,
);

export const CouponAnswer = Type.Object(
  {
    code: Type.String(),
    description: nullable(Type.String()),
    discount_type: Type.Enum(["percent", "amount"]),
    value: Type.String({ examples: ["10"] }),
    currency: nullable(Type.String()),
    minimum_order: nullable(Amount),
    maximum_discount: nullable(Amount),
    valid_from: nullable(Time),
    valid_until: nullable(Time),
    usage_limit: nullable(Type.Integer()),
    usage_limit_per_customer: nullable(Type.Integer()),
    used: Type.Integer({ description: "Orders that hold a use; those that ended unpaid gave it back" }),
    active: Type.Boolean(),
    version: Type.Integer({ description: "Counts the changes of the terms; the ETag carries it too" }),
    created_at: Time,
    updated_at: Time,
  },
  { title: "Coupon" },
);
export type CouponDocument = Type.Static<typeof CouponAnswer>;
export const CouponPage = pageOf(CouponAnswer, "CouponPage");

export const CouponCheck = Type.Object(
  { code: Type.String(), subtotal: Amount, discount: Amount, currency: Type.String() },
  { title: "CouponCheck" },
);
