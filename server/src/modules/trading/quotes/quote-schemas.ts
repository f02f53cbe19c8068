// The shapes of quotes in requests and answers.
import { Type } from "typebox";
import { Cursor, IdInput, Limit, momentOf, NOT_BLANK, PastTime, pageOf, shown } from "../../../http/index.ts";
import { QuoteAnswer } from "../instruments/instrument-schemas.ts";

const closed = { additionalProperties: false } as const;

export const QUOTES_MAX = 5_000;

/** A price as a source sends it: a zero price is reported and ignored, not refused. */
const QuotedPrice = Type.Union(
  [
    shown(Type.String({ minLength: 1, maxLength: 32 }), { pattern: "^(0|[1-9][0-9]{0,6})([.][0-9]{1,4})?$" }),
    shown(Type.Number(), { minimum: 0, maximum: 9_999_999 }),
  ],
  { description: "Decimal with up to nine decimals", examples: ["101.25"] },
);

const example = {
  instrument_id: "1",
  bid: "101.20",
  ask: "101.30",
  last: "101.25",
  time: "2026-11-21T09:00:00Z",
  source: "exchange",
  sequence: 1,
};

const QuoteInput = Type.Object(
  {
    instrument_id: IdInput,
    bid: QuotedPrice,
    ask: QuotedPrice,
    last: QuotedPrice,
    time: momentOf("start"),
    source: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 64,
        ...NOT_BLANK,
        description: "Default: api",
        examples: ["exchange"],
      }),
    ),
    sequence: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: Number.MAX_SAFE_INTEGER,
        description: "Of its source; a lower or equal one than is known changes nothing",
      }),
    ),
  },
  { ...closed, examples: [example] },
);
export type QuoteInput = Type.Static<typeof QuoteInput>;

export const QuotesInput = Type.Object(
  { quotes: Type.Array(QuoteInput, { minItems: 1, maxItems: QUOTES_MAX }) },
  { ...closed, examples: [{ quotes: [example] }] },
);

export const QuotesAnswer = Type.Object(
  {
    accepted: Type.Integer(),
    ignored: Type.Array(
      Type.Object({
        index: Type.Integer(),
        reason: Type.Enum(["zero", "crossed", "older", "stale", "from_the_future"]),
      }),
      { description: "Those that count for nothing, the first hundred" },
    ),
    fired: Type.Integer({ description: "Orders that they fired; what became of each stands on the order" }),
  },
  { title: "TakenQuotes" },
);

export const QuoteQuery = Type.Object({ from: PastTime, to: PastTime, cursor: Cursor, limit: Limit }, closed);
export const QuotePage = pageOf(QuoteAnswer, "QuotePage");
