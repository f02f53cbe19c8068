// The shapes of requests that read and change accounts.
import { Type } from "typebox";
import {
  AmountInput,
  Currency,
  Cursor,
  currencyOf,
  idOf,
  Limit,
  NOT_BLANK,
  nullable,
  PastTime,
} from "../../http/index.ts";
import { AccountState, assetFields, TransactionStatus, TransactionType } from "./answer-schemas.ts";
import { Metadata, Reference } from "./schemas.ts";

const AccountIdText = idOf("1109");
const closed = { additionalProperties: false };

export const AccountParams = Type.Object({ id: AccountIdText });
export const AccountQuery = Type.Object(
  {
    owner_id: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
    currency: Type.Optional(Currency),
    state: Type.Optional(AccountState),
    external_number: Type.Optional(Type.String({ minLength: 4, maxLength: 64 })),
    cursor: Cursor,
    limit: Limit,
  },
  closed,
);
export const AccountChange = Type.Object(
  {
    credit_limit: Type.Optional(AmountInput),
    state: Type.Optional(AccountState),
    name: Type.Optional(Type.Union([Type.String({ minLength: 1, maxLength: 100 }), Type.Null()])),
    holder_name: Type.Optional(
      Type.Union([Type.String({ minLength: 1, maxLength: 200 }), Type.Null()], {
        description: "Encrypted at rest",
      }),
    ),
  },
  {
    additionalProperties: false,
    minProperties: 1,
    examples: [{ state: "frozen" }, { credit_limit: "500.00" }],
  },
);
export type AccountChange = Type.Static<typeof AccountChange>;
export const BalanceQuery = Type.Object({ at: PastTime }, closed);
export const StatementQuery = Type.Object(
  {
    from: PastTime,
    to: PastTime,
    order: Type.Optional(
      Type.Enum(["desc", "asc"], {
        default: "desc",
        description: "desc: newest first",
      }),
    ),
    cursor: Cursor,
    limit: Limit,
  },
  closed,
);
export const TransactionQuery = Type.Object(
  {
    account_id: Type.Optional(AccountIdText),
    type: Type.Optional(TransactionType),
    status: Type.Optional(TransactionStatus),
    from: PastTime,
    to: PastTime,
    reference: Type.Optional(Reference),
    cursor: Cursor,
    limit: Limit,
  },
  closed,
);
const assetDetails = {
  name: Type.Optional(nullable(Type.String({ minLength: 1, maxLength: 200, ...NOT_BLANK }))),
  description: Type.Optional(nullable(Type.String({ minLength: 1, maxLength: 2_000 }))),
  category: Type.Optional(nullable(Type.String({ minLength: 1, maxLength: 100, ...NOT_BLANK }))),
  metadata: Type.Optional(nullable(Metadata)),
};
const exampleDetails = {
  name: "Acme Inc.",
  description: "Common stock",
  category: "shares",
  metadata: { isin: "US0000000000" },
};
export const AssetInput = Type.Object(
  { ...assetFields, ...assetDetails },
  { ...closed, examples: [{ code: "ACME", kind: "security", scale: 0, ...exampleDetails }] },
);
export const AssetChange = Type.Object(assetDetails, {
  ...closed,
  minProperties: 1,
  examples: [exampleDetails],
});
export type AssetChange = Type.Static<typeof AssetChange>;
export const AssetParams = Type.Object({
  code: currencyOf("INR"),
});
/** The request has no parameters except those in its path. */
export const NoInput = Type.Object({}, closed);
export const AssetQuery = Type.Object(
  {
    kind: Type.Optional(Type.Enum(["money", "security", "stock"])),
    category: Type.Optional(Type.String({ minLength: 1, maxLength: 100, examples: ["shares"] })),
    cursor: Cursor,
    limit: Limit,
  },
  closed,
);
