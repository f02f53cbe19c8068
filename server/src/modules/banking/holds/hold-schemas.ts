// The shapes of the requests and answers of holds and of reversal.
import { Type } from "typebox";
import {
  Amount,
  AmountInput,
  Currency,
  Cursor,
  Id,
  IdInput,
  idOf,
  Limit,
  pageOf,
  Time,
} from "../../../http/index.ts";
import { BalanceAfter, OwnedBy, TransactionStatus, TransactionType } from "../answer-schemas.ts";
import { Metadata, Reference } from "../schemas.ts";

export const HOLD_SECONDS_MAX = 31_536_000;
export const HOLD_SECONDS_DEFAULT = 604_800;

export const HoldInput = Type.Object(
  {
    account_id: IdInput,
    to_account_id: Type.Optional(IdInput),
    amount: AmountInput,
    currency: Currency,
    expires_in: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: HOLD_SECONDS_MAX,
        description: "Seconds until the hold expires by itself; default 604800, seven days",
      }),
    ),
    reference: Type.Optional(Reference),
    metadata: Type.Optional(Metadata),
  },
  {
    additionalProperties: false,
    examples: [
      { account_id: "1109", to_account_id: "1110", amount: "25.00", currency: "EUR", expires_in: 3600 },
    ],
  },
);
export type HoldInput = Type.Static<typeof HoldInput>;

export const CaptureInput = Type.Object(
  { amount: Type.Optional(AmountInput) },
  {
    additionalProperties: false,
    description: "At most what is held; the rest is released. Without amount: all",
    examples: [{ amount: "20.00" }],
  },
);

export const ReleaseInput = Type.Object({}, { additionalProperties: false });

export const ReversalInput = Type.Object(
  { reference: Type.Optional(Reference) },
  { additionalProperties: false, examples: [{ reference: "booked twice" }] },
);

const State = Type.Enum(["active", "captured", "released", "expired"], {
  description: "What became of it; released and expired are both CANCELLED",
});

const holdFields = {
  id: Id,
  type: TransactionType,
  status: TransactionStatus,
  state: State,
  account_id: Id,
  to_account_id: Type.Union([Id, Type.Null()], { description: "Null for a payout to the outside world" }),
  amount: Amount,
  captured: Amount,
  currency: Currency,
  reference: Type.Union([Type.String(), Type.Null()]),
  metadata: Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()]),
  owned_by: OwnedBy,
  expires_at: Type.Union([Time, Type.Null()]),
  closed_at: Type.Union([Time, Type.Null()]),
  created_at: Time,
};
const example = {
  id: "1795424400123456",
  type: "TRANSFER",
  status: "PENDING",
  state: "active",
  account_id: "1109",
  to_account_id: "1110",
  amount: "25.00",
  captured: "0.00",
  currency: "EUR",
  reference: "order 17",
  metadata: null,
  owned_by: null,
  expires_at: "2026-11-21T10:00:00.123456Z",
  closed_at: null,
  created_at: "2026-11-21T09:00:00.123456Z",
};

export const Hold = Type.Object(holdFields, { title: "Hold", examples: [example] });
export type HoldDocument = Type.Static<typeof Hold>;
export const HoldPage = pageOf(Hold, "HoldPage");
export const ChangedHold = Type.Object(
  { ...holdFields, balances: Type.Array(BalanceAfter) },
  {
    title: "ChangedHold",
    description: "With the balances it left, of accounts that the caller may see",
    examples: [{ ...example, balances: [] }],
  },
);

export const HoldQuery = Type.Object(
  {
    account_id: Type.Optional(idOf("1109", "Holds from or to this account")),
    status: Type.Optional(TransactionStatus),
    cursor: Cursor,
    limit: Limit,
  },
  { additionalProperties: false },
);
