// The shapes of candles in requests and answers.
import { Type } from "typebox";
import { Cursor, Limit, PastTime, pageOf, Time } from "../../../http/index.ts";
import { Price } from "../instruments/instrument-schemas.ts";

export const CandleQuery = Type.Object(
  {
    interval: Type.Enum(["1m", "5m", "1h", "1d"], { description: "How long a candle lasts" }),
    from: PastTime,
    to: PastTime,
    cursor: Cursor,
    limit: Limit,
  },
  { additionalProperties: false },
);

const CandleAnswer = Type.Object(
  {
    starts_at: Time,
    open: Price,
    high: Price,
    low: Price,
    close: Price,
    quotes: Type.Integer({ description: "How many it is made of; grows with every change of the candle" }),
  },
  { title: "Candle" },
);
export const CandlePage = pageOf(CandleAnswer, "CandlePage");
