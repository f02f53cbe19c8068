// The shapes of corporate actions in requests and answers.
import { Type } from "typebox";
import {
  Amount,
  Cursor,
  Id,
  IdInput,
  idOf,
  Limit,
  NOT_BLANK,
  nullable,
  pageOf,
  Time,
} from "../../../http/index.ts";
import { Price, PriceInput, SymbolInput } from "../instruments/instrument-schemas.ts";

const Part = Type.Integer({ minimum: 1, maximum: 1_000_000 });
const closed = { additionalProperties: false } as const;

export const ActionInput = Type.Object(
  {
    type: Type.Enum(["split", "reverse_split", "symbol_change", "cash_dividend"]),
    instrument_id: IdInput,
    reference: Type.String({
      ...{ minLength: 1, maxLength: 128, ...NOT_BLANK },
      description: "Your own name of it: sent again, it is answered with what the first one did",
    }),
    reason: Type.String({ minLength: 1, maxLength: 255, ...NOT_BLANK }),
    numerator: Type.Optional({ ...Part, description: "Of a split: so many new units ..." }),
    denominator: Type.Optional({ ...Part, description: "... for so many old ones" }),
    price: Type.Optional({
      ...PriceInput,
      description: "Of a split: of a new unit, at which fractions are paid; of a dividend: for each unit",
    }),
    symbol: Type.Optional(SymbolInput),
  },
  {
    ...closed,
    examples: [
      {
        ...{ type: "split", instrument_id: "1", reference: "ACME-2026-1", reason: "4 for 1" },
        ...{ numerator: 4, denominator: 1 },
      },
    ],
  },
);
export type ActionInput = Type.Static<typeof ActionInput>;

export const ActionAnswer = Type.Object(
  {
    id: Id,
    type: Type.Enum(["split", "symbol_change", "cash_dividend"]),
    instrument_id: Id,
    reference: Type.String(),
    reason: Type.String(),
    numerator: nullable(Type.Integer()),
    denominator: nullable(Type.Integer()),
    price: nullable(Price),
    old_symbol: nullable(Type.String()),
    symbol: nullable(Type.String()),
    account_count: Type.Integer(),
    order_count: Type.Integer(),
    cash: Amount,
    currency: Type.String(),
    actor_id: Type.String(),
    carried_out_at: Time,
  },
  { title: "CorporateAction" },
);
export type ActionDocument = Type.Static<typeof ActionAnswer>;
export const ActionPage = pageOf(ActionAnswer, "CorporateActionPage");
export const ActionQuery = Type.Object(
  { instrument_id: Type.Optional(idOf("1")), cursor: Cursor, limit: Limit },
  closed,
);
