// The shapes of banking's requests and answers: validation, serialization and OpenAPI from one place.
import { Type } from "typebox";
import { AmountInput, Currency, IdInput, shown } from "../../http/index.ts";

/** The examples work on a new database, in the order of their ids: 1109 is the first account opened there. */
export const Reference = Type.String({
  minLength: 1,
  maxLength: 140,
  description: "The client's own reference, searchable",
});
export const Metadata = Type.Record(
  Type.String({ maxLength: 64 }),
  Type.Union([Type.String({ maxLength: 500 }), Type.Number(), Type.Boolean(), Type.Null()]),
  {
    maxProperties: 20,
    description:
      "Up to 20 flat entries, kept as they are; numbers that JSON would round are refused: send them as strings",
  },
);

/** Which fields belong to which type. */
const BY_TYPE = {
  anyOf: [
    { properties: { type: { enum: ["transfer", "TRANSFER"] } }, required: ["to_account_id"] },
    { properties: { type: { enum: ["withdrawal", "WITHDRAW"] } }, not: { required: ["to_account_id"] } },
    {
      properties: { type: { enum: ["deposit", "DEPOSIT"] }, up_to_available: { const: false } },
      not: { required: ["to_account_id"] },
    },
  ],
};

export const TransactionInput = shown(
  Type.Object(
    {
      type: Type.Enum(["deposit", "withdrawal", "transfer", "DEPOSIT", "WITHDRAW", "TRANSFER"], {
        description: "In small letters, or as answers spell it",
      }),
      account_id: IdInput,
      to_account_id: Type.Optional(IdInput),
      amount: AmountInput,
      currency: Currency,
      up_to_available: Type.Optional(
        Type.Boolean({
          description: "Withdrawal or transfer: move the amount or, where less is available, all that is",
        }),
      ),
      reference: Type.Optional(Reference),
      metadata: Type.Optional(Metadata),
    },
    {
      additionalProperties: false,
      examples: [{ type: "deposit", account_id: "1109", amount: "100.00", currency: "EUR" }],
    },
  ),
  BY_TYPE,
);
export type TransactionInput = Type.Static<typeof TransactionInput>;

export const BatchInput = Type.Object(
  {
    mode: Type.Enum(["atomic", "independent"]),
    transactions: Type.Array(TransactionInput, { minItems: 1, maxItems: 8_000 }),
  },
  {
    additionalProperties: false,
    examples: [
      {
        mode: "atomic",
        transactions: [{ type: "deposit", account_id: "1109", amount: "100.00", currency: "EUR" }],
      },
    ],
  },
);

/** The owner, given in exactly one way. */
const ONE_OWNER = {
  allOf: [
    { not: { required: ["owner_id", "owner_username"] } },
    { anyOf: [{ required: ["owner_id"] }, { properties: { external_owner: { const: false } } }] },
  ],
};

export const AccountInput = shown(
  Type.Object(
    {
      owner_id: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: 128,
          description: "Id of the user whose it is; default: the caller",
        }),
      ),
      owner_username: Type.Optional(
        Type.String({ minLength: 1, maxLength: 64, description: "Instead of owner_id: the user's name" }),
      ),
      external_owner: Type.Optional(
        Type.Boolean({
          description:
            "owner_id is the subject of tokens that belong to no user here (another issuer's, minted ones): it is taken as it is",
        }),
      ),
      currency: Currency,
      name: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
      holder_name: Type.Optional(
        Type.String({ minLength: 1, maxLength: 200, description: "Encrypted at rest" }),
      ),
      external_number: Type.Optional(
        Type.String({ minLength: 4, maxLength: 64, description: "IBAN or the like; encrypted at rest" }),
      ),
      credit_limit: Type.Optional(AmountInput),
    },
    {
      additionalProperties: false,
      examples: [{ owner_id: "alice", external_owner: true, currency: "EUR", holder_name: "Alice Example" }],
    },
  ),
  ONE_OWNER,
);
export type AccountInput = Type.Static<typeof AccountInput>;

export const AccountBatchInput = Type.Object(
  { accounts: Type.Array(AccountInput, { minItems: 1, maxItems: 1_000 }) },
  {
    additionalProperties: false,
    examples: [
      {
        accounts: [
          { owner_id: "alice", external_owner: true, currency: "EUR", name: "Savings" },
          { owner_id: "alice", external_owner: true, currency: "USD" },
        ],
      },
    ],
  },
);
