// The shapes of the requests and answers of currency exchange.
import { Type } from "typebox";
import { AmountInput, Currency, Cursor, IdInput, Limit, pageOf, shown } from "../../../http/index.ts";
import { BalanceAfter, Transaction } from "../answer-schemas.ts";
import { Reference } from "../schemas.ts";
import { ExchangeRate, exchangedFields } from "./exchange-answer-schemas.ts";

const RATE_TEXT = { pattern: "^([1-9][0-9]{0,11}([.][0-9]{1,12})?|0[.][0-9]{0,11}[1-9])$" };
const RATE_NUMBER = { minimum: 0.01, maximum: 999_999_999 };

export const RateInput = Type.Object(
  {
    base: Currency,
    quote: Currency,
    rate: Type.Union(
      [shown(Type.String({ minLength: 1, maxLength: 25 }), RATE_TEXT), shown(Type.Number(), RATE_NUMBER)],
      {
        description: "Units of quote for one unit of base, up to 12 digits on each side of the point",
        examples: ["1.0834"],
      },
    ),
    source: Type.Optional(
      Type.String({ minLength: 1, maxLength: 100, description: 'Where it comes from; default "manual"' }),
    ),
  },
  { additionalProperties: false, examples: [{ base: "EUR", quote: "USD", rate: "1.0834" }] },
);
export type RateInput = Type.Static<typeof RateInput>;

export const ExchangeRateList = Type.Object(
  { items: Type.Array(ExchangeRate) },
  { title: "ExchangeRateList" },
);
export const ExchangeRatePage = pageOf(ExchangeRate, "ExchangeRatePage");

export const RateQuery = Type.Object(
  { base: Type.Optional(Currency), quote: Type.Optional(Currency) },
  { additionalProperties: false },
);
export const RateHistoryQuery = Type.Object(
  { base: Currency, quote: Currency, cursor: Cursor, limit: Limit },
  { additionalProperties: false },
);

export const ExchangeInput = Type.Object(
  {
    account_id: IdInput,
    to_account_id: IdInput,
    amount: AmountInput,
    reference: Type.Optional(Reference),
  },
  {
    additionalProperties: false,
    description: "The amount is in the currency of account_id",
    examples: [{ account_id: "1109", to_account_id: "1111", amount: "100.00" }],
  },
);

export const Exchange = Type.Object(
  { ...Transaction.properties, ...exchangedFields, balances: Type.Array(BalanceAfter) },
  { title: "Exchange", description: "A transaction of type TRANSFER with the rate that it used" },
);
