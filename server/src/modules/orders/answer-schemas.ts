// The shapes of the orders module's answers.
import { Type } from "typebox";
import { Amount, Id, nullable, pageOf, Time } from "../../http/index.ts";
import { FULFILMENTS, ORDER_STATES, REVIEWS } from "./changing/states.ts";
import { CREDIT_NOTE_KINDS } from "./credit-notes/credit-note.ts";
import { PAYMENT_METHODS } from "./order.ts";

const Text = Type.String();

export const OrderStatus = Type.Enum(Object.keys(ORDER_STATES) as (keyof typeof ORDER_STATES)[]);
export const FulfilmentStatus = Type.Enum(Object.keys(FULFILMENTS) as (keyof typeof FULFILMENTS)[]);
export const PaymentMethodName = Type.Enum([...PAYMENT_METHODS], { examples: ["credit_card"] });

const pricedLine = {
  line: Type.Integer(),
  product_id: nullable(Type.Integer()),
  sku: nullable(Text),
  name: Text,
  quantity: Type.Integer(),
  unit_price: Amount,
  price_includes_tax: Type.Boolean(),
  tax_rate: Type.String({ examples: ["0.2"] }),
  discount: Type.String({
    description: "What the coupon takes off quantity × unit price; contains tax where the price does",
    examples: ["72.00"],
  }),
  net: Amount,
  tax: Amount,
  total: Amount,
};
const OrderLine = Type.Object({
  ...pricedLine,
  shipped: Type.Integer(),
  returned: Type.Integer(),
  cancelled: Type.Integer({ description: "Units that are not to be shipped any more" }),
  short: Type.Integer({
    description: "Units still to be shipped that were written off, and for which none are held instead",
  }),
  shipping_stop: nullable(
    Type.String({
      description:
        "`refunded`: its money was given back, and what is left of it is not shipped unless staff says `ship_anyway`",
    }),
  ),
  credited: Amount,
});
export type OrderLineDocument = Type.Static<typeof OrderLine>;
const PricedLine = Type.Object(pricedLine);
export type PricedLineDocument = Type.Static<typeof PricedLine>;

const OrderPayment = Type.Object({
  id: Id,
  provider: Text,
  status: Text,
  amount: Amount,
  authorized: Amount,
  captured: Amount,
  refunded: Amount,
  at_risk: Amount,
  action_url: nullable(Text),
  failure_code: nullable(Text),
});
export type OrderPaymentDocument = Type.Static<typeof OrderPayment>;

export const OrderPreview = Type.Object(
  {
    customer_id: nullable(Text),
    currency: Text,
    subtotal: Type.String({
      description: "Sum of quantity × unit price, before discount and tax",
      examples: ["20.00"],
    }),
    coupon_code: nullable(Type.String({ examples: ["SUMMER-10"] })),
    discount: Amount,
    net: Amount,
    tax: Amount,
    total: Amount,
    items: Type.Array(PricedLine),
  },
  { title: "OrderPreview", description: "What an order would charge if it were placed now" },
);
export type OrderPreviewDocument = Type.Static<typeof OrderPreview>;

const AddressShape = Type.Record(Type.String(), Type.String());
const summary = {
  id: Id,
  status: OrderStatus,
  fulfilment: FulfilmentStatus,
  payment_status: Type.String({
    description:
      "Derived from the payment: unpaid, requested, authorized, captured, partly_refunded, disputed, ...",
  }),
  review: Type.Enum(Object.keys(REVIEWS) as (keyof typeof REVIEWS)[]),
  shipping_stop: Type.Union(
    [Type.Enum(["refunded", "charged_back", "disputed", "refund_under_way"]), Type.Null()],
    { description: "Why what is left of it is not shipped, unless staff says `ship_anyway`" },
  ),
  cancel_pending: Type.Boolean({ description: "Becomes CANCELLED as soon as its payment is final" }),
  customer_id: nullable(Text),
  placed_by: Text,
  payment_method: PaymentMethodName,
  currency: Text,
  coupon_code: nullable(Type.String({ examples: ["SUMMER-10"] })),
  discount: Type.String({
    description: "Sum of the lines'; net, tax and total are what is left",
    examples: ["72.00"],
  }),
  net: Amount,
  tax: Amount,
  total: Amount,
  credited: Type.String({
    description: "Sum of its credit notes, whoever began what they give back",
    examples: ["12.00"],
  }),
  due: Type.String({
    description: "What is still to be paid of it: neither paid, nor set aside, nor waived",
    examples: ["12.00"],
  }),
  owed_back: Type.String({ description: "What was paid beyond what is due", examples: ["0.00"] }),
  reference: nullable(Text),
  metadata: nullable(Type.Record(Type.String(), Type.Unknown())),
  expires_at: nullable(Time),
  created_at: Time,
  version: Type.Integer(),
};

export const OrderSummary = Type.Object(
  { ...summary, payment: nullable(OrderPayment), items: Type.Array(OrderLine) },
  { title: "OrderSummary", description: "An order without its addresses" },
);
export const OrderPage = pageOf(OrderSummary, "OrderPage");

const orderFields = {
  ...summary,
  payment: nullable(OrderPayment),
  shipping_address: Type.Optional(nullable(AddressShape)),
  billing_address: Type.Optional(nullable(AddressShape)),
  items: Type.Array(OrderLine),
};
export const OrderShape = Type.Object(orderFields, { title: "Order" });
export type OrderDocument = Type.Static<typeof OrderShape>;

const Shipment = Type.Object({
  id: Id,
  carrier: nullable(Text),
  tracking_number: nullable(Text),
  tracking_url: nullable(Text),
  items: Type.Array(Type.Object({ line: Type.Integer(), quantity: Type.Integer() })),
  shipped_by: Text,
  shipped_at: Time,
  delivered_at: nullable(Time),
});
export type ShipmentDocument = Type.Static<typeof Shipment>;

const CreditNoteLine = Type.Object({
  line: Type.Integer(),
  order_line: nullable(Type.Integer()),
  product_id: nullable(Type.Integer()),
  sku: nullable(Text),
  name: Text,
  quantity: Type.Integer({ description: "0 where an amount alone was given back" }),
  unit_price: nullable(Amount),
  net: Amount,
  tax: Amount,
  total: Amount,
  restocked: Type.Boolean({
    description: "Back on the shelf; otherwise written off, of goods that no stock is kept of, or no goods",
  }),
  location_id: nullable(Type.Integer({ description: "Where the goods lie now" })),
});
const creditNoteFields = {
  id: Id,
  order_id: nullable(Id),
  kind: Type.Enum([...CREDIT_NOTE_KINDS]),
  customer_id: nullable(Text),
  currency: Text,
  net: Amount,
  tax: Amount,
  total: Amount,
  refunded: Type.String({ description: "What of it goes back over the order's payment" }),
  payment_id: nullable(Id),
  refund_id: nullable(Id),
  account_id: nullable(Id),
  journal_id: nullable(Id),
  reason: Text,
  reference: nullable(Text),
  created_by: Text,
  created_at: Time,
  items: Type.Array(CreditNoteLine),
};
export const CreditNote = Type.Object(creditNoteFields, { title: "CreditNote" });
export type CreditNoteDocument = Type.Static<typeof CreditNote>;
export const CreditNotePage = pageOf(CreditNote, "CreditNotePage");

const Entry = Type.Object({
  at: Time,
  event: Text,
  actor_id: Text,
  from: nullable(OrderStatus),
  to: OrderStatus,
  note: nullable(Text),
});
export type EntryDocument = Type.Static<typeof Entry>;

export const OrderDetail = Type.Object(
  {
    ...orderFields,
    payments: Type.Array(OrderPayment),
    shipments: Type.Array(Shipment),
    credit_notes: Type.Array(CreditNote),
    timeline: Type.Array(Entry),
  },
  { title: "OrderDetail" },
);
export type OrderDetailDocument = Type.Static<typeof OrderDetail>;

/** An order with the credit note that a return or a refund made. */
export const CreditedOrder = Type.Object(
  {
    order: OrderShape,
    credit_note: CreditNote,
    credit_notes: Type.Optional(
      Type.Array(CreditNote, {
        description: "All of them, where the refund went over several charges of a card: one for each",
      }),
    ),
  },
  { title: "CreditedOrder" },
);
export const ShippedOrder = Type.Object({ order: OrderShape, shipment: Shipment }, { title: "ShippedOrder" });
