// The shapes of analytics.
import { Type } from "typebox";
import { Amount, PastTime, Time } from "../../../http/index.ts";

const Count = Type.Integer({ examples: [1559] });
const span = {
  from: PastTime,
  to: PastTime,
  currency: Type.Optional(
    Type.String({
      pattern: "^[A-Z0-9][A-Z0-9_.:-]{0,63}$",
      description: "Default: DEFAULT_CURRENCY; sums never mix currencies",
      examples: ["USD"],
    }),
  ),
};
const closed = { additionalProperties: false } as const;
const Limit = Type.Optional(
  Type.Integer({ minimum: 1, maximum: 1_000, default: 50, description: "Most items" }),
);

export const SalesQuery = Type.Object(span, closed);
export const PeriodQuery = Type.Object(
  { ...span, unit: Type.Optional(Type.Enum(["day", "month"], { default: "day" })) },
  closed,
);
export const CustomerQuery = Type.Object({ ...span, limit: Limit }, closed);
export const ProductSalesQuery = Type.Object(
  { ...span, sort: Type.Optional(Type.Enum(["revenue", "units"], { default: "revenue" })), limit: Limit },
  closed,
);

const sums = {
  units: Type.Integer({ description: "Quantities ordered" }),
  net: Amount,
  tax: Amount,
  gross: Type.String({ description: "What was ordered, with tax" }),
  units_credited: Type.Integer({ description: "Quantities on credit notes" }),
  credited_net: Amount,
  credited: Type.String({ description: "What credit notes gave back, with tax" }),
  revenue: Type.String({ description: "gross less credited", examples: ["748957.02"] }),
  net_revenue: Type.String({ description: "net less credited_net" }),
};
const orderSums = {
  orders: Count,
  ...sums,
  credit_notes: Count,
  average_order_value: Type.Union([Amount, Type.Null()], {
    description: "gross by orders, rounded half to even; null without orders",
  }),
};
const lineSums = { lines: Count, ...sums, credit_lines: Count };
const frame = {
  from: Time,
  to: Type.String({ format: "date-time", description: "Not included" }),
  currency: Type.String(),
};
const Text = Type.Union([Type.String(), Type.Null()]);
const Id = Type.Union([Type.Integer(), Type.Null()]);

export const SalesAnswer = Type.Object({ ...frame, ...orderSums }, { title: "Sales" });
export const PeriodAnswer = Type.Object(
  {
    ...frame,
    time_zone: Type.String({ description: "Whose days they are: SHOP_TIME_ZONE", examples: ["UTC"] }),
    items: Type.Array(
      Type.Object({ period: Type.String({ examples: ["2026-11-21", "2026-11"] }), ...orderSums }),
    ),
  },
  { title: "SalesByPeriod" },
);
export const CustomerAnswer = Type.Object(
  { ...frame, items: Type.Array(Type.Object({ customer_id: Text, ...orderSums })) },
  { title: "SalesByCustomer" },
);
export const CategoryAnswer = Type.Object(
  { ...frame, items: Type.Array(Type.Object({ category_id: Id, name: Text, ...lineSums })) },
  { title: "SalesByCategory" },
);
export const ProductSalesAnswer = Type.Object(
  { ...frame, items: Type.Array(Type.Object({ product_id: Id, sku: Text, name: Text, ...lineSums })) },
  { title: "SalesByProduct" },
);
