// The shapes of positions in requests and answers.
import { Type } from "typebox";
import { Amount, Cursor, currencyOf, Id, Limit, nullable, pageOf } from "../../../http/index.ts";
import { Price, Quantity } from "../instruments/instrument-schemas.ts";

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
