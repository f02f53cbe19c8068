// The shapes of a rate, and of the result of an exchange: in its own answer, and wherever the transaction is read.
import { Type } from "typebox";
import { Amount, Currency, Id, Time } from "../../../http/index.ts";

export const ExchangeRate = Type.Object(
  {
    id: Id,
    base: Currency,
    quote: Currency,
    rate: Type.String({ description: "Units of quote for one unit of base", examples: ["1.0834"] }),
    source: Type.String(),
    set_by: Type.String({ description: "Who set it; system for a rate that was fetched" }),
    valid_from: Time,
  },
  {
    title: "ExchangeRate",
    examples: [
      {
        id: "7",
        base: "EUR",
        quote: "USD",
        rate: "1.0834",
        source: "manual",
        set_by: "admin",
        valid_from: "2026-11-21T09:00:00.123Z",
      },
    ],
  },
);
export type ExchangeRateDocument = Type.Static<typeof ExchangeRate>;

/** The fields that an exchange has besides those of its transaction. */
export const exchangedFields = {
  bought: Type.Object({ amount: Amount, currency: Currency }, { description: "What to_account_id received" }),
  exchange_rate: ExchangeRate,
  rounding: Type.Literal("half_even", {
    description: "To the decimals of the bought currency; a half goes to the even neighbor",
  }),
};
