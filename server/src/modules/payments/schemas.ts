// The shapes of the requests and answers of payments.
import { type Static, Type } from "typebox";
import { Amount, AmountInput, Cursor, Id, IdInput, idOf, Limit, pageOf, Time } from "../../http/index.ts";
import { PAYMENT_STATUSES, PROVIDER_NAMES } from "./payment.ts";

const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T, description?: string) =>
  Type.Union([schema, Type.Null()], description === undefined ? {} : { description });

const paymentFields = {
  id: Id,
  order_id: orNull(Id),
  adds_to: orNull(Id, "A further charge of its order: the first one, which it adds to"),
  customer_id: orNull(Type.String(), "The user who pays; null for nobody in particular"),
  provider: Type.Enum([...PROVIDER_NAMES]),
  status: Type.Enum([...PAYMENT_STATUSES]),
  currency: Type.String({ examples: ["EUR"] }),
  amount: Amount,
  tax: Amount,
  authorized: Amount,
  voided: Amount,
  captured: Amount,
  refunded: Amount,
  charged_back: Amount,
  at_risk: Type.String({ description: "Captured money in open disputes, which may still be lost" }),
  capturable: Amount,
  refundable: Amount,
  in_flight: Type.Boolean({ description: "A provider has still to tell the outcome of something" }),
  paid: Type.Boolean({ description: "All of the amount was captured, whatever was refunded later" }),
  cancel_requested: Type.Boolean({
    description: "Everything is given back as soon as what is under way is final",
  }),
  account_id: orNull(Id, "Balance: the account that pays"),
  provider_reference: orNull(Type.String(), "Card: the provider's id"),
  action_url: orNull(Type.String(), "Card: where the customer has to confirm (3-D Secure)"),
  failure_code: orNull(Type.String()),
  reference: orNull(Type.String()),
  version: Type.Integer(),
  created_at: Time,
};
const paymentExample = {
  id: "1795424400123456",
  order_id: "1795424400123455",
  adds_to: null,
  customer_id: "alice",
  provider: "balance",
  status: "captured",
  currency: "EUR",
  amount: "12.00",
  tax: "2.00",
  authorized: "12.00",
  voided: "0.00",
  captured: "12.00",
  refunded: "0.00",
  charged_back: "0.00",
  at_risk: "0.00",
  capturable: "0.00",
  refundable: "12.00",
  in_flight: false,
  paid: true,
  cancel_requested: false,
  account_id: "1109",
  provider_reference: null,
  action_url: null,
  failure_code: null,
  reference: "order 17",
  version: 2,
  created_at: "2026-11-21T09:00:00.123456Z",
};
export const Payment = Type.Object(paymentFields, { title: "Payment", examples: [paymentExample] });
export type PaymentDocument = Static<typeof Payment>;
export const PaymentPage = pageOf(Payment, "PaymentPage");

export const Attempt = Type.Object(
  {
    id: Id,
    act: Type.Enum(["authorize", "capture", "void", "refund"]),
    state: Type.Enum(["created", "sent", "unknown", "succeeded", "failed"]),
    amount: Amount,
    provider_reference: orNull(Type.String()),
    reason: orNull(Type.String()),
    refund_to_account_id: orNull(Id, "Where a balance's refund went, if not to the account that paid"),
    failure_code: orNull(Type.String()),
    failure_message: orNull(Type.String()),
    asked_count: Type.Integer({ description: "Calls made to the provider for it" }),
    attention_since: orNull(Time, "Since when it waits for a person"),
    created_at: Time,
    settled_at: orNull(Time),
  },
  { title: "PaymentAttempt" },
);
export type AttemptDocument = Static<typeof Attempt>;

const Event = Type.Object(
  {
    seq: Type.Integer(),
    type: Type.String({ examples: ["captured"] }),
    amount: Amount,
    attempt_id: orNull(Id),
    transaction_id: orNull(Id, "What it booked: GET /transactions/{id}"),
    account_id: orNull(Id, "Where its money went, if not to the account that paid"),
    actor_id: Type.String(),
    detail: orNull(Type.String()),
    at: Time,
  },
  { title: "PaymentEvent" },
);
export type EventDocument = Static<typeof Event>;

export const Dispute = Type.Object(
  {
    payment_id: Id,
    provider_reference: Type.String(),
    amount: Amount,
    currency: Type.String(),
    state: Type.Enum(["open", "won", "lost"]),
    reason: orNull(Type.String()),
    opened_at: Time,
    closed_at: orNull(Time),
  },
  { title: "PaymentDispute" },
);
export type DisputeDocument = Static<typeof Dispute>;
export const DisputePage = pageOf(Dispute, "PaymentDisputePage");

export const HeldEvent = Type.Object(
  {
    id: Id,
    provider: Type.String({ examples: ["stripe"] }),
    event_id: Type.String({ description: "The provider's id of it" }),
    type: Type.String({ examples: ["payment_intent.succeeded"] }),
    why: Type.String({
      description: "What does not fit the payment",
      examples: ["it is in JPY, and the payment in USD"],
    }),
    acceptable: Type.Boolean({ description: "It could be applied to the payment, should it be true" }),
    held_at: Time,
    resolution: orNull(Type.Enum(["accepted", "dismissed"]), "Null: it waits for a person"),
    resolved_at: orNull(Time),
    resolved_by: orNull(Type.String()),
    note: orNull(Type.String()),
  },
  {
    title: "HeldPaymentEvent",
    description: "What a provider told that does not fit its payment; it has touched nothing",
  },
);
export type HeldEventDocument = Static<typeof HeldEvent>;

export const PaymentDetail = Type.Object(
  {
    ...paymentFields,
    attempts: Type.Array(Attempt),
    events: Type.Array(Event),
    disputes: Type.Array(Dispute),
    held_events: Type.Array(HeldEvent),
  },
  {
    title: "PaymentDetail",
    description: "With its attempts, its events (every amount is a sum of them) and its disputes",
    examples: [{ ...paymentExample, attempts: [], events: [], disputes: [], held_events: [] }],
  },
);
export type DetailDocument = Static<typeof PaymentDetail>;

export const CaptureInput = Type.Object(
  {
    amount: Type.Optional(AmountInput),
    keep_rest: Type.Optional(
      Type.Boolean({ description: "The rest stays authorized for a later capture; else it is given back" }),
    ),
  },
  {
    additionalProperties: false,
    description: "Without amount: all that can be captured",
    examples: [{ amount: "10.00" }],
  },
);
export const VoidInput = Type.Object({}, { additionalProperties: false });
export const RefundTo = Type.Optional(
  Type.Union(IdInput.anyOf, {
    description:
      "Of what a balance paid: the account that gets the money, where the one that paid cannot. One of the same owner; another's only by an operator or administrator, signed in, and never their own",
  }),
);
export const RefundInput = Type.Object(
  {
    amount: Type.Optional(AmountInput),
    reason: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    refund_to_account_id: RefundTo,
  },
  {
    additionalProperties: false,
    description: "Without amount: all that can be refunded",
    examples: [{ amount: "5.00", reason: "arrived scratched" }],
  },
);
export const Refund = Type.Object(
  { ...paymentFields, refund: Attempt },
  { title: "PaymentRefund", description: "The payment, with the refund's own state" },
);
export const ResolveInput = Type.Object(
  {
    attempt_id: Id,
    outcome: Type.Enum(["succeeded", "failed"]),
    provider_reference: Type.Optional(
      Type.String({ minLength: 1, maxLength: 200, description: "The provider's id of it, if it has one" }),
    ),
    note: Type.String({ minLength: 1, maxLength: 500, description: "How you know; kept with the payment" }),
  },
  {
    additionalProperties: false,
    examples: [
      {
        attempt_id: "1795424400123456",
        outcome: "failed",
        note: "the provider's support has found no such call",
      },
    ],
  },
);
export const DecideEventInput = Type.Object(
  {
    decision: Type.Enum(["accept", "dismiss"], {
      description: "accept: it is true all the same, and applied. dismiss: nothing is to be done",
    }),
    note: Type.String({ minLength: 1, maxLength: 500, description: "How you know; kept with the event" }),
  },
  {
    additionalProperties: false,
    examples: [{ decision: "dismiss", note: "a test event of the provider's support" }],
  },
);
export const HeldEventParams = Type.Object({ id: idOf("1795424400123458") });
const Attention = Type.Object(
  {
    payment: Payment,
    attempt: orNull(Attempt, "An attempt whose outcome nobody tells, or a refund that failed"),
    event: orNull(HeldEvent, "Or an event that does not fit the payment"),
    waiting_seconds: Type.Integer(),
  },
  { title: "PaymentAttention" },
);
export type AttentionDocument = Static<typeof Attention>;
export const AttentionPage = pageOf(Attention, "PaymentAttentionPage");
export const WebhookReceipt = Type.Object({ received: Type.Boolean() }, { title: "WebhookReceipt" });

export const PaymentQuery = Type.Object(
  {
    order_id: Type.Optional(idOf("1795424400123456")),
    customer_id: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: "Staff alone" })),
    provider: Type.Optional(Type.Enum([...PROVIDER_NAMES])),
    cursor: Cursor,
    limit: Limit,
  },
  { additionalProperties: false },
);
export const PaymentParams = Type.Object({ id: idOf("1795424400123457") });
export const ProviderParams = Type.Object({ provider: Type.String({ maxLength: 40 }) });
