// The shapes of positions in requests and answers.
import { Type } from "typebox";
import {
  Amount,
  AmountInput,
  Cursor,
  currencyOf,
  Id,
  IdInput,
  idOf,
  Limit,
  momentOf,
  NOT_BLANK,
  nullable,
  pageOf,
  Time,
} from "../../../http/index.ts";
import { Price, Quantity, QuantityInput } from "../instruments/instrument-schemas.ts";

export const ChosenLots = Type.Array(
  Type.Object({ lot_id: IdInput, quantity: QuantityInput }, { additionalProperties: false }),
  {
    minItems: 1,
    maxItems: 100,
    description: "Of a sale or transfer: its lots, in this order; together they are the quantity",
  },
);

const Signed = Type.String({ examples: ["-12.50"] });

export const PositionAnswer = Type.Object(
  {
    owner_id: Type.String(),
    asset_account_id: Id,
    asset: Type.String(),
    currency: Type.String(),
    quantity: Type.String({ description: "In the account: what was traded, and what came otherwise" }),
    held: Quantity,
    traded_quantity: Type.String({ description: "Of it what trading has put there" }),
    cost: Type.String({ description: "Of what was traded, fees included" }),
    average_cost: nullable(Price),
    realized: Signed,
    unrealized: nullable(Signed),
    market_value: nullable(Amount),
    fees: Amount,
    cost_basis: Type.Enum(["average", "fifo"], { description: "Of a sale that chooses no lots" }),
    reporting: Type.Object(
      {
        currency: Type.String(),
        rate: nullable(Type.String({ description: "The latest, of the position's currency" })),
        cost: nullable(Amount),
        realized: nullable(Signed),
        realized_price_gain: nullable(Signed),
        realized_currency_gain: nullable(Signed),
        unrealized: nullable(Signed),
        unrealized_price_gain: nullable(Signed),
        unrealized_currency_gain: nullable(Signed),
      },
      {
        description:
          "In the reporting currency, each trade at its own exchange rate: gain = price part + currency part. Null: a rate was missing",
      },
    ),
  },
  { title: "Position" },
);
export type PositionDocument = Type.Static<typeof PositionAnswer>;
export const PositionPage = pageOf(PositionAnswer, "PositionPage");

export const PositionQuery = Type.Object(
  {
    owner_id: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
    asset: Type.Optional(currencyOf("BTC")),
    cursor: Cursor,
    limit: Limit,
  },
  { additionalProperties: false },
);

export const LotAnswer = Type.Object(
  {
    id: Id,
    owner_id: Type.String(),
    asset_account_id: Id,
    asset: Type.String(),
    currency: Type.String(),
    origin: Type.Enum(["bought", "received"]),
    acquired_at: Time,
    quantity: Quantity,
    remaining: Quantity,
    cost: Type.String({ description: "Of what remains, fees included" }),
    unit_cost: nullable(Price),
    rate: nullable(
      Type.String({ description: "Of the currency in the reporting currency, when it was acquired" }),
    ),
    reporting_currency: Type.String(),
    cost_reporting: nullable(Amount),
  },
  { title: "Lot" },
);
export type LotDocument = Type.Static<typeof LotAnswer>;
export const LotPage = pageOf(LotAnswer, "LotPage");

export const LotQuery = Type.Object(
  {
    owner_id: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
    asset: Type.Optional(currencyOf("BTC")),
    asset_account_id: Type.Optional(idOf("1109")),
    open: Type.Optional(Type.Boolean({ description: "true: of which something remains" })),
    cursor: Cursor,
    limit: Limit,
  },
  { additionalProperties: false },
);

export const TransferInput = Type.Object(
  {
    from_account_id: Type.Optional({
      ...IdInput,
      description: "Without it the units come in from the outside",
    }),
    to_account_id: Type.Optional({ ...IdInput, description: "Without it they go to the outside" }),
    asset: currencyOf("BTC"),
    currency: Type.Optional({
      ...currencyOf("USD"),
      description: "Of the position; default: DEFAULT_CURRENCY",
    }),
    quantity: QuantityInput,
    lots: Type.Optional(ChosenLots),
    cost: Type.Optional({ ...AmountInput, description: "Of what comes in: what it has cost" }),
    acquired_at: Type.Optional(momentOf("start")),
    rate: Type.Optional(
      Type.String({
        pattern: "^[0-9]{1,12}([.][0-9]{1,12})?$",
        examples: ["1.0834"],
        description:
          "Of what comes in: the exchange rate to the reporting currency then; default: the latest",
      }),
    ),
    reference: Type.Optional(Type.String({ minLength: 1, maxLength: 255, ...NOT_BLANK })),
  },
  {
    additionalProperties: false,
    examples: [
      {
        ...{ to_account_id: "1110", asset: "BTC", currency: "USD", quantity: "1" },
        ...{ cost: "60000.00", acquired_at: "2024-05-02T00:00:00Z" },
      },
    ],
  },
);
export type TransferInput = Type.Static<typeof TransferInput>;
export const TransferAnswer = Type.Object(
  {
    id: Id,
    transaction_id: Id,
    from_account_id: nullable(Id),
    to_account_id: nullable(Id),
    asset: Type.String(),
    currency: Type.String(),
    quantity: Quantity,
    lot_count: Type.Integer(),
  },
  { title: "PositionTransfer" },
);
