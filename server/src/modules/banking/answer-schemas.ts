// The shapes of banking's answers to reads. The functions that write the answers have these types.
import { Type } from "typebox";
import { Amount, Currency, countedPageOf, Id, nullable, pageOf, Time } from "../../http/index.ts";
import { exchangedFields } from "./exchange/exchange-answer-schemas.ts";

export const AccountState = Type.Enum(["open", "frozen", "closed"]);
export const TransactionType = Type.Enum([
  "DEPOSIT",
  "WITHDRAW",
  "TRANSFER",
  "ORDER_PAYMENT",
  "ORDER_REFUND",
  "ORDER_HOLD",
  "SYSTEM_ADJUSTMENT",
]);
export const TransactionStatus = Type.Enum(["PENDING", "COMPLETED", "FAILED", "CANCELLED"]);
const Version = Type.Integer({ description: "Counts the account's changes; the ETag carries it too" });

export const Account = Type.Object(
  {
    id: Id,
    owner_id: Type.String({ description: "Subject of the owner's token" }),
    currency: Currency,
    name: nullable(Type.String()),
    holder_name: nullable(Type.String()),
    external_number: nullable(Type.String()),
    credit_limit: Amount,
    state: AccountState,
    version: Version,
    opened_at: Time,
  },
  {
    title: "Account",
    examples: [
      {
        id: "1109",
        owner_id: "alice",
        currency: "EUR",
        name: "Everyday",
        holder_name: "Alice Example",
        external_number: "DE89370400440532013000",
        credit_limit: "0.00",
        state: "open",
        version: 3,
        opened_at: "2026-11-21T09:00:00.123Z",
      },
    ],
  },
);
export type AccountDocument = Type.Static<typeof Account>;
export const AccountPage = pageOf(Account, "AccountPage");
export const AccountBatch = Type.Object({ accounts: Type.Array(Account) }, { title: "AccountBatch" });

const balanceFields = {
  account_id: Id,
  currency: Currency,
  balance: Amount,
  available: Type.String({
    description: "What can be spent: balance less held, plus the credit limit",
    examples: ["80.50"],
  }),
  held: Type.String({ description: "Set aside by active holds", examples: ["20.00"] }),
};
export const BalanceAfter = Type.Object(
  { ...balanceFields, version: Version },
  { title: "BalanceAfter", description: "The balance that a transaction left" },
);
export const Balance = Type.Object(
  {
    ...balanceFields,
    incoming: Type.Union([Amount, Type.Null()], {
      description: "On hold for this account by others; null for a past moment",
    }),
    version: Type.Union([Version, Type.Null()], { description: "Null for a past moment" }),
    as_of: Time,
  },
  {
    title: "Balance",
    examples: [
      {
        account_id: "1109",
        currency: "EUR",
        balance: "100.50",
        available: "80.50",
        held: "20.00",
        incoming: "0.00",
        version: 7,
        as_of: "2026-11-21T09:00:00.123456Z",
      },
    ],
  },
);
export type BalanceDocument = Type.Static<typeof Balance>;

export const StatementEntry = Type.Object(
  {
    id: Id,
    transaction_id: Id,
    type: TransactionType,
    direction: Type.Enum(["debit", "credit", "hold", "release"], {
      description:
        "debit: out of the account; hold: set aside for a trade order, release: given back. The last two leave the balance as it is",
    }),
    amount: Amount,
    balance_after: Amount,
    counterparty_account_id: Type.Union([Id, Type.Null()], { description: "Null for the outside world" }),
    reference: nullable(Type.String()),
    created_at: Time,
  },
  { title: "StatementEntry" },
);
export type StatementEntryDocument = Type.Static<typeof StatementEntry>;
export const Statement = Type.Object(
  {
    account_id: Id,
    currency: Currency,
    from: nullable(Time),
    to: nullable(Time),
    opening_balance: Type.String({ description: "Before from", examples: ["0.00"] }),
    closing_balance: Type.String({
      description: "Before to; without to the balance now",
      examples: ["100.50"],
    }),
    items: Type.Array(StatementEntry),
    next_cursor: nullable(Type.String()),
  },
  { title: "Statement" },
);
export type StatementDocument = Type.Static<typeof Statement>;

/** What booked it; nothing else may move it. */
export const OwnedBy = Type.Union(
  [
    Type.Object(
      { type: Type.Enum(["order", "payment", "credit_note", "trade_order", "position"]), id: Id },
      { title: "OwnedBy" },
    ),
    Type.Null(),
  ],
  {
    description:
      "The order, payment, credit note, trade order, or change of positions, whose commands alone move it; null: nobody's",
  },
);

const transactionFields = {
  id: Id,
  type: TransactionType,
  status: TransactionStatus,
  account_id: Type.Union([Id, Type.Null()], { description: "Null where the outside world pays" }),
  to_account_id: Type.Union([Id, Type.Null()], { description: "Null where the outside world is paid" }),
  amount: Amount,
  currency: Currency,
  reference: nullable(Type.String()),
  metadata: Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()]),
  reverses: nullable(Id),
  failure_code: Type.Union([Type.String(), Type.Null()], {
    description: "Why it is FAILED, as in docs/errors.md",
  }),
  created_at: Time,
};
const example = {
  id: "1795424400123456",
  type: "DEPOSIT",
  status: "COMPLETED",
  account_id: "1109",
  to_account_id: null,
  amount: "100.00",
  currency: "EUR",
  reference: "INV-17",
  metadata: null,
  reverses: null,
  failure_code: null,
  created_at: "2026-11-21T09:00:00.123456Z",
};

export const Transaction = Type.Object(transactionFields, { title: "Transaction", examples: [example] });
export type TransactionDocument = Type.Static<typeof Transaction>;
export const TransactionPage = pageOf(Transaction, "TransactionPage");
export const PostedTransaction = Type.Object(
  { ...transactionFields, balances: Type.Array(BalanceAfter) },
  {
    title: "PostedTransaction",
    description: "With the balances it left, of accounts that the caller may see",
    examples: [
      {
        ...example,
        balances: [
          {
            account_id: "1109",
            currency: "EUR",
            balance: "100.00",
            available: "100.00",
            held: "0.00",
            version: 1,
          },
        ],
      },
    ],
  },
);
export const PostedBatch = Type.Object(
  {
    mode: Type.Enum(["atomic", "independent"]),
    posted: Type.Integer(),
    refused: Type.Integer(),
    results: Type.Array(
      Type.Object({
        status: Type.Enum(["posted", "refused"]),
        transaction: Type.Optional(PostedTransaction),
        error: Type.Optional(Type.Object({ code: Type.String(), detail: Type.String() })),
      }),
      { description: "One outcome per item, in order" },
    ),
  },
  { title: "PostedBatch" },
);
export const TransactionDetail = Type.Object(
  {
    ...transactionFields,
    reversed_by: nullable(Id),
    owned_by: OwnedBy,
    expires_at: Type.Union([Time, Type.Null()], { description: "Of a hold: when it expires by itself" }),
    effective_at: nullable(Time),
    transfers: Type.Array(
      Type.Object({
        id: Id,
        account_id: nullable(Id),
        to_account_id: nullable(Id),
        amount: Amount,
        currency: Currency,
        balance_after: Type.Union([Amount, Type.Null()], {
          description: "Of account_id; null where the caller may not see it",
        }),
        to_balance_after: Type.Union([Amount, Type.Null()]),
        created_at: Time,
      }),
      { description: "The movements it made, in order; a customer sees those on their own accounts" },
    ),
    ...Type.Partial(Type.Object(exchangedFields), {}).properties,
  },
  { title: "TransactionDetail" },
);
export type TransactionDetailDocument = Type.Static<typeof TransactionDetail>;

export const assetFields = {
  code: Currency,
  kind: Type.Enum(["money", "security", "stock"]),
  scale: Type.Integer({ minimum: 0, maximum: 9, description: "Decimals" }),
};
const exampleAsset = {
  ...{ code: "ACME", kind: "security", scale: 0, state: "active" },
  ...{ name: "Acme Inc.", description: "Common stock", category: "shares", metadata: null },
  version: 1,
};
export const Asset = Type.Object(
  {
    ...assetFields,
    state: Type.Enum(["active", "inactive"], {
      description: "Where inactive, no account or order begins in it",
    }),
    name: nullable(Type.String()),
    description: nullable(Type.String()),
    category: nullable(Type.String()),
    metadata: nullable(Type.Record(Type.String(), Type.Unknown())),
    version: Type.Integer({ description: "Counts its changes; also the ETag" }),
  },
  { title: "Asset", examples: [exampleAsset] },
);
export type AssetDocument = Type.Static<typeof Asset>;
export const AssetPage = countedPageOf(Asset, "AssetPage");
