// The shapes of carts in requests and answers.
import { Type } from "typebox";
import { Amount, Id, idOf, nullable, Time } from "../../http/index.ts";
import { CouponCode, QUANTITY_MAX } from "../orders/index.ts";
import { CART_LINES_MAX } from "./cart.ts";

const closed = { additionalProperties: false } as const;
const ProductId = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, examples: [1] });
const Quantity = Type.Integer({ minimum: 1, maximum: QUANTITY_MAX, examples: [2] });

export const CartInput = Type.Object(
  {
    currency: Type.Optional(
      Type.String({
        pattern: "^[A-Z0-9][A-Z0-9_.:-]{0,63}$",
        description: "Default: DEFAULT_CURRENCY",
        examples: ["USD"],
      }),
    ),
  },
  closed,
);

export const LineInput = Type.Object({ product_id: ProductId, quantity: Quantity }, closed);
export const LinesInput = Type.Object(
  { lines: Type.Array(LineInput, { maxItems: CART_LINES_MAX }) },
  { ...closed, examples: [{ lines: [{ product_id: 1, quantity: 2 }] }] },
);
export const CouponChoice = Type.Object(
  { coupon_code: CouponCode },
  { ...closed, examples: [{ coupon_code: "SUMMER-10" }] },
);
export const QuantityInput = Type.Object({ quantity: Quantity }, closed);
export const MergeInput = Type.Object(
  {
    cart_id: Id,
    cart_token: Type.String({
      minLength: 1,
      maxLength: 100,
      examples: ["C2mYk0pC3Gxm6kTt8mIqxC1zq8bA0eJYyW1vT1n3V0k"],
    }),
  },
  closed,
);

export const CartParams = Type.Object({ id: idOf("12") });
export const LineParams = Type.Object({ id: idOf("12"), product_id: idOf("1") });
/** The token that a guest shows instead of an access token. */
export const CartHeaders = Type.Object({
  "cart-token": Type.Optional(
    Type.String({ maxLength: 100, description: "Of a guest's cart, as POST /carts answered it" }),
  ),
});

const Line = Type.Object({
  product_id: ProductId,
  sku: nullable(Type.String()),
  name: nullable(Type.String()),
  quantity: Quantity,
  is_for_sale: Type.Boolean({
    description: "False: archived, withdrawn, of another currency or without a tax rate; it does not count",
  }),
  unit_price: Type.Union([Amount, Type.Null()], { description: "The catalog's of now" }),
  accepted_price: Type.String({ description: "The price when the line was put in or its price accepted" }),
  price_changed: Type.Boolean({
    description:
      "It costs something else than the buyer accepted, by its price or its tax, or because it is no longer, or again, for sale",
  }),
  price_includes_tax: Type.Union([Type.Boolean(), Type.Null()]),
  accepted_price_includes_tax: Type.Boolean(),
  tax_rate: Type.Union([Type.String({ examples: ["0.2"] }), Type.Null()]),
  accepted_tax_rate: Type.String({ examples: ["0.2"] }),
  total: Type.String({ description: "unit_price × quantity, before discount and tax", examples: ["20.00"] }),
  discount: Type.String({ description: "The line's share of the coupon's discount", examples: ["2.00"] }),
  net: Amount,
  tax: Amount,
  gross: Type.String({ description: "What an order would charge for it now", examples: ["21.60"] }),
});

const fields = {
  id: Id,
  user_id: nullable(Type.String()),
  state: Type.Enum(["open", "ordered", "merged", "expired"]),
  currency: Type.String(),
  version: Type.Integer({ description: "Counts the changes; the ETag carries it too" }),
  lines: Type.Array(Line),
  subtotal: Type.String({ description: "Of the lines that are for sale, at the prices of now" }),
  coupon_code: nullable(Type.String()),
  discount: Type.String({ description: "What the coupon takes off the subtotal, if it were ordered now" }),
  net: Amount,
  tax: Amount,
  total: Type.String({ description: "What an order would charge now, with tax", examples: ["21.60"] }),
  accepted_total: Type.String({
    description: "The same by the prices, taxes and discount that the buyer accepted",
    examples: ["21.60"],
  }),
  coupon_problem: Type.Union([Type.Object({ code: Type.String(), detail: Type.String() }), Type.Null()], {
    description: "Why the coupon would be refused now: checkout is, until it is true or the coupon is gone",
  }),
  prices_changed: Type.Boolean({
    description:
      "The cart does not cost what the buyer accepted, by price, tax or coupon: checkout is refused until " +
      "POST /carts/{id}/prices",
  }),
  order_id: nullable(Id),
  merged_into: nullable(Id),
  created_at: Time,
  changed_at: Time,
  expires_at: Time,
};

export const CartAnswer = Type.Object(fields, { title: "Cart" });
export type CartDocument = Type.Static<typeof CartAnswer>;
export const MergedCartAnswer = Type.Object(
  {
    ...fields,
    capped: Type.Array(
      Type.Object({
        product_id: ProductId,
        wanted: Type.Integer({ description: "What both carts held together" }),
        quantity: Quantity,
      }),
      { description: "Lines of which the cart holds less than both together did, for a line holds no more" },
    ),
  },
  { title: "MergedCart" },
);
export const NewCartAnswer = Type.Object(
  {
    ...fields,
    cart_token: Type.Optional(
      Type.String({ description: "A guest's key to the cart: whoever has it may change and order it" }),
    ),
  },
  { title: "NewCart" },
);
