// The shapes of the block list, and of what the fraud check found about an order.
import { Type } from "typebox";
import { Cursor, idOf, Limit, momentOf, nullable, pageOf, SHOWN, Time } from "../../http/index.ts";
import { BLOCKED_KINDS } from "./fraud-rules.ts";

const closed = { additionalProperties: false } as const;
const Kind = Type.Enum([...BLOCKED_KINDS]);
const NullableTime = Type.Union([Time, Type.Null()], { description: "Null: until it is taken off the list" });
const Part = Type.Optional(Type.String({ maxLength: 200 }));
const Reason = Type.Union([Type.String({ minLength: 1, maxLength: 500 }), Type.Null()]);
const Value = Type.Union(
  [
    Type.String({ minLength: 1, maxLength: 254 }),
    Type.Object({ street: Part, postal_code: Part, city: Part, country: Part }, closed),
  ],
  { description: "Text; an object with street, postal_code, city and country where the kind is address" },
);

const isOf = (kind: string, value: object) => ({ properties: { kind: { const: kind }, value } });
/** The form of a value depends on its kind. */
const BY_KIND = {
  anyOf: [
    isOf("email", { type: "string", format: "email" }),
    isOf("ip", { type: "string", format: "ipv4" }),
    isOf("ip", { type: "string", format: "ipv6" }),
    isOf("customer", { type: "string", pattern: "^[A-Za-z0-9._-]+$" }),
    isOf("address", { type: "object", required: ["street", "postal_code", "city", "country"] }),
  ],
};

export const BlockedInput = Type.Object(
  {
    kind: Kind,
    value: Value,
    reason: Type.Optional(Reason),
    expires_at: Type.Optional(nullable(momentOf("end"))),
  },
  {
    ...closed,
    [SHOWN]: BY_KIND,
    examples: [{ kind: "email", value: "mallory@example.com", reason: "chargebacks in May" }],
  },
);
export const BlockedChange = Type.Object(
  { reason: Type.Optional(Reason), expires_at: Type.Optional(nullable(momentOf("end"))) },
  { ...closed, examples: [{ reason: "chargebacks in May and June", expires_at: null }] },
);
export const BlockedParams = Type.Object({ id: idOf("7") });
export const BlockedQuery = Type.Object(
  {
    kind: Type.Optional(Kind),
    value: Type.Optional(
      Type.String({ maxLength: 254, description: "Only this value; needs kind, other than address" }),
    ),
    cursor: Cursor,
    limit: Limit,
  },
  closed,
);

const Entry = Type.Object(
  {
    id: Type.String({ examples: ["7"] }),
    kind: Kind,
    value: Type.String({ description: "In the form in which it is compared" }),
    reason: Type.Union([Type.String(), Type.Null()]),
    version: Type.Integer({ description: "Counts the entry's changes; the ETag carries it too" }),
    blocked_by: Type.String(),
    blocked_at: Time,
    expires_at: NullableTime,
  },
  { title: "BlockedEntry" },
);
export const BlockedAnswer = Entry;
export type BlockedDocument = Type.Static<typeof Entry>;
export const BlockedPage = pageOf(Entry, "BlockedEntryPage");

export const ScreeningParams = Type.Object({ order_id: idOf("1795251600123456") });
export const ScreeningAnswer = Type.Object(
  {
    order_id: Type.String(),
    score: Type.Integer(),
    verdict: Type.Enum(["accept", "review"]),
    findings: Type.Array(Type.Object({ rule: Type.String(), score: Type.Integer(), reason: Type.String() })),
  },
  {
    title: "OrderScreening",
    examples: [
      {
        order_id: "1795251600123456",
        score: 60,
        verdict: "review",
        findings: [{ rule: "order_amount", score: 60, reason: "total over 1000 USD" }],
      },
    ],
  },
);
