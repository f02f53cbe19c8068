// The shapes of the orders module's requests.
import { Type } from "typebox";
import {
  AMOUNT_PATTERN,
  AmountInput,
  Currency,
  Cursor,
  IdInput,
  idOf,
  Limit,
  NOT_BLANK,
  PastTime,
  SHOWN,
  shown,
} from "../../http/index.ts";
import { RefundTo } from "../payments/index.ts";
import { FulfilmentStatus, OrderStatus, PaymentMethodName } from "./answer-schemas.ts";
import { CREDIT_NOTE_KINDS } from "./credit-notes/credit-note.ts";
import { LINES_MAX, QUANTITY_MAX } from "./order.ts";

export const closed = { additionalProperties: false };
export const Quantity = Type.Integer({ minimum: 1, maximum: QUANTITY_MAX, examples: [2] });
export const LineNo = Type.Integer({
  minimum: 1,
  maximum: LINES_MAX,
  description: "The line's number in the order",
});
export const LocationId = Type.Integer({
  minimum: 1,
  maximum: 2_147_483_647,
  description:
    "Where the goods go, whether orders take from there or not; default: where they were shipped from",
});
const CommonLocation = Type.Integer({ ...LocationId, description: "Of all items that name none" });
const Reference = Type.String({ minLength: 1, maxLength: 140 });
export const Note = Type.String({ minLength: 1, maxLength: 300 });
const Metadata = Type.Record(
  Type.String({ maxLength: 64 }),
  Type.Union([Type.String({ maxLength: 500 }), Type.Number(), Type.Boolean(), Type.Null()]),
  {
    maxProperties: 20,
    description:
      "Up to 20 flat entries, kept as they are; numbers that JSON would round are refused: send them as strings",
  },
);
const Address = Type.Record(
  Type.String({ pattern: "^[a-z][a-z0-9_]{0,39}$" }),
  shown(Type.String({ maxLength: 200 }), NOT_BLANK),
  {
    minProperties: 1,
    maxProperties: 15,
    additionalProperties: false,
    description: "Up to 15 fields of text; encrypted at rest",
    examples: [{ street: "123 Main St", city: "Anytown", state: "NY", postal_code: "12345", country: "USA" }],
  },
);
const Subject = Type.String({ minLength: 1, maxLength: 128 });

const customer = {
  customer_id: Type.Optional(
    Type.Union([Subject, Type.Null()], {
      description: "Staff: id of the user it is for; null or left out: nobody",
    }),
  ),
  customer_username: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 64,
      description: "Staff: instead of customer_id, the user's name",
    }),
  ),
  external_customer: Type.Optional(
    Type.Boolean({
      description:
        "Staff: customer_id is the subject of tokens that belong to no user here (another issuer's, minted ones): it is taken as it is",
    }),
  ),
};

/** The customer, named in exactly one way. */
const ONE_CUSTOMER = {
  allOf: [
    { not: { required: ["customer_id", "customer_username"] } },
    {
      anyOf: [
        { properties: { customer_id: { type: "string" } }, required: ["customer_id"] },
        { properties: { external_customer: { const: false } } },
      ],
    },
  ],
};

/** Of any form: a text that cannot be a code counts as an unknown code. */
export const CouponCode = Type.String({
  minLength: 1,
  maxLength: 80,
  description: "A coupon; case and spaces around it do not matter",
});

const line = {
  product_id: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_147_483_647 })),
  quantity: Quantity,
  unit_price: Type.Optional(AmountInput),
  price_includes_tax: Type.Optional(Type.Boolean()),
  tax_class: Type.Optional(Type.String({ minLength: 1, maxLength: 32 })),
  description: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 300,
      description: "Of a service, or in place of the product's name",
    }),
  ),
};

export const OrderLineInput = Type.Object(line, {
  ...closed,
  [SHOWN]: { anyOf: [{ required: ["product_id"] }, { required: ["description", "unit_price"] }] },
  description:
    "unit_price, price_includes_tax, tax_class, description and lines without product_id: staff only",
});
export type OrderLineInput = Type.Static<typeof OrderLineInput>;
const Lines = Type.Array(OrderLineInput, { minItems: 1, maxItems: LINES_MAX });

const placing = {
  payment_method: PaymentMethodName,
  account_id: Type.Optional(IdInput),
  payment_token: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
  shipping_address: Type.Optional(Address),
  billing_address: Type.Optional(Address),
  reference: Type.Optional(Reference),
  metadata: Type.Optional(Metadata),
};

/** Only a balance is paid from an account. */
const ACCOUNT_OF_BALANCE = {
  anyOf: [{ properties: { payment_method: { const: "balance" } } }, { not: { required: ["account_id"] } }],
};

export const CheckoutInput = Type.Object(
  {
    ...placing,
    email: Type.Optional(
      Type.String({
        minLength: 3,
        maxLength: 254,
        description: "Required of guests; kept with the shipping address",
        examples: ["grace@example.com"],
      }),
    ),
  },
  { ...closed, [SHOWN]: { allOf: [ACCOUNT_OF_BALANCE] }, examples: [{ payment_method: "invoice" }] },
);
export type CheckoutInput = Type.Static<typeof CheckoutInput>;

export const OrderInput = Type.Object(
  {
    ...placing,
    items: Lines,
    coupon_code: Type.Optional(CouponCode),
    currency: Type.Optional(Currency),
    ...customer,
  },
  {
    ...closed,
    [SHOWN]: { allOf: [...ONE_CUSTOMER.allOf, ACCOUNT_OF_BALANCE] },
    examples: [
      {
        items: [{ product_id: 1, quantity: 2 }],
        shipping_address: { street: "123 Main St", city: "Anytown", postal_code: "12345", country: "USA" },
        payment_method: "invoice",
      },
    ],
  },
);
export type OrderInput = Type.Static<typeof OrderInput>;

export const OrderChange = Type.Object(
  {
    items: Type.Optional(Lines),
    shipping_address: Type.Optional(Type.Union([Address, Type.Null()])),
    billing_address: Type.Optional(Type.Union([Address, Type.Null()])),
    reference: Type.Optional(Type.Union([Reference, Type.Null()])),
    metadata: Type.Optional(Type.Union([Metadata, Type.Null()])),
    account_id: Type.Optional(IdInput),
    payment_token: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
    refund_to_account_id: RefundTo,
  },
  { ...closed, minProperties: 1, examples: [{ items: [{ product_id: 1, quantity: 3 }] }] },
);
export type OrderChange = Type.Static<typeof OrderChange>;

export const OrderParams = Type.Object({ id: idOf("1795424400123456") });

const TotalBound = shown(
  Type.String({
    maxLength: 32,
    description: "Decimal, included; in `currency`, or in DEFAULT_CURRENCY where none is named",
    examples: ["100.00"],
  }),
  { pattern: AMOUNT_PATTERN },
);
/** Fewer than in other lists: each order comes with all its lines. */
const ORDERS_MAX = 200;
export const OrderQuery = Type.Object(
  {
    status: Type.Optional(OrderStatus),
    fulfilment: Type.Optional(FulfilmentStatus),
    review: Type.Optional(Type.Enum(["none", "pending", "accepted", "refused"])),
    customer_id: Type.Optional(Subject),
    reference: Type.Optional(Reference),
    coupon_code: Type.Optional(CouponCode),
    product_id: Type.Optional(idOf("1", "Orders with a line of this product")),
    payment_method: Type.Optional(PaymentMethodName),
    currency: Type.Optional(Currency),
    min_total: Type.Optional(TotalBound),
    max_total: Type.Optional(TotalBound),
    from: PastTime,
    to: PastTime,
    cursor: Cursor,
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: ORDERS_MAX, default: 50, description: "Most orders of one page" }),
    ),
  },
  closed,
);

export const CancelInput = Type.Object(
  {
    items: Type.Optional(
      Type.Array(
        Type.Object(
          {
            line: LineNo,
            quantity: Type.Optional(
              Type.Integer({ ...Quantity, description: "Default: all of it that is not shipped" }),
            ),
          },
          closed,
        ),
        { minItems: 1, maxItems: LINES_MAX },
      ),
    ),
    reason: Type.Optional(Note),
    refund_to_account_id: RefundTo,
  },
  {
    ...closed,
    description: "Without items: the whole order",
    examples: [{ items: [{ line: 1, quantity: 1 }], reason: "broken" }, { reason: "ordered twice" }],
  },
);

export const PayInput = Type.Object(
  {
    payment_method: Type.Optional(PaymentMethodName),
    account_id: Type.Optional(IdInput),
    payment_token: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
  },
  { ...closed, examples: [{ payment_method: "credit_card" }] },
);

export const StepInput = Type.Object(
  {
    to: Type.Enum(["CONFIRMED", "QUEUED", "PROCESSING", "COMPLETED"]),
    note: Type.Optional(Note),
  },
  { ...closed, examples: [{ to: "PROCESSING" }] },
);

export const ReviewInput = Type.Object(
  { decision: Type.Enum(["accept", "refuse"]), note: Type.Optional(Note) },
  { ...closed, examples: [{ decision: "accept" }] },
);

/** A location is only for goods that go back on a shelf. */
const SHELVED = {
  anyOf: [{ properties: { restock: { const: true } } }, { not: { required: ["location_id"] } }],
};

export const ReturnInput = Type.Object(
  {
    items: Type.Array(
      Type.Object(
        {
          line: LineNo,
          quantity: Quantity,
          restock: Type.Optional(
            Type.Boolean({ default: true, description: "Back on the shelf; otherwise written off" }),
          ),
          location_id: Type.Optional(LocationId),
        },
        { ...closed, [SHOWN]: SHELVED },
      ),
      { minItems: 1, maxItems: LINES_MAX },
    ),
    refund: Type.Optional(
      Type.Boolean({
        default: true,
        description: "False: the goods alone, the money may follow as a refund",
      }),
    ),
    location_id: Type.Optional(CommonLocation),
    reason: Note,
    refund_to_account_id: RefundTo,
  },
  { ...closed, examples: [{ items: [{ line: 1, quantity: 1, restock: true }], reason: "wrong size" }] },
);

export const RefundInput = Type.Object(
  {
    amount: Type.Optional(AmountInput),
    items: Type.Optional(
      Type.Array(Type.Object({ line: LineNo, amount: AmountInput }, closed), {
        minItems: 1,
        maxItems: LINES_MAX,
      }),
    ),
    reason: Note,
    refund_to_account_id: RefundTo,
  },
  {
    ...closed,
    description: "An amount, amounts by line, or neither: all that is left",
    examples: [{ amount: "10.00", reason: "scratched" }],
  },
);
export type RefundInput = Type.Static<typeof RefundInput>;

export const CreditNoteInput = Type.Object(
  {
    items: Type.Array(
      Type.Object(
        {
          ...line,
          restock: Type.Optional(Type.Boolean({ default: true, description: "Goods go back on the shelf" })),
          location_id: Type.Optional(
            Type.Integer({ ...LocationId, description: "Default: the first that orders take from" }),
          ),
        },
        { ...closed, [SHOWN]: SHELVED },
      ),
      { minItems: 1, maxItems: LINES_MAX },
    ),
    currency: Type.Optional(Currency),
    ...customer,
    account_id: Type.Optional(IdInput),
    location_id: Type.Optional(CommonLocation),
    reason: Note,
    reference: Type.Optional(Reference),
  },
  {
    ...closed,
    [SHOWN]: ONE_CUSTOMER,
    examples: [
      { items: [{ product_id: 1, quantity: 1, unit_price: "4.95" }], reason: "broken", reference: "C536379" },
    ],
  },
);
export type CreditNoteInput = Type.Static<typeof CreditNoteInput>;

export const CreditNoteQuery = Type.Object(
  {
    kind: Type.Optional(Type.Enum([...CREDIT_NOTE_KINDS])),
    order_id: Type.Optional(idOf("1795424400123456")),
    customer_id: Type.Optional(Subject),
    reference: Type.Optional(Reference),
    cursor: Cursor,
    limit: Limit,
  },
  closed,
);
