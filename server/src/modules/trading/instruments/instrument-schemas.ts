// The shapes of instruments in requests and answers.
import { Type } from "typebox";
import {
  Amount,
  AmountInput,
  Currency,
  Cursor,
  countedPageOf,
  currencyOf,
  idOf,
  Limit,
  NOT_BLANK,
  nullable,
  shown,
  Time,
} from "../../../http/index.ts";

const closed = { additionalProperties: false } as const;

const Decimal = { minLength: 1, maxLength: 32 };
const DECIMAL_SHOWN = { pattern: "^[1-9][0-9]{0,6}([.][0-9]{1,2})?$" };

/** A price as it is sent: more than zero, up to nine decimals. */
export const PriceInput = Type.Union(
  [shown(Type.String(Decimal), DECIMAL_SHOWN), shown(Type.Number(), { minimum: 1, maximum: 9_999_999 })],
  { description: "Of one whole unit; more than zero, on the instrument's tick", examples: ["101.25"] },
);
export const Price = Type.String({ description: "Of one whole unit", examples: ["101.25"] });
/** A quantity as it is sent. */
export const QuantityInput = Type.Union(
  [
    shown(Type.String(Decimal), { pattern: "^[1-9][0-9]{0,6}$" }),
    shown(Type.Number(), { minimum: 1, maximum: 9_999_999, multipleOf: 1 }),
  ],
  { description: "Decimal string with no more decimals than the asset has", examples: ["100"] },
);
export const Quantity = Type.String({ description: "With the asset's decimals", examples: ["100"] });
const BasisPoints = Type.Integer({ minimum: 0, maximum: 10_000, examples: [10] });
const Seconds = Type.Integer({ minimum: 1, maximum: 31_536_000, examples: [60] });
const TimeOfDay = Type.String({ pattern: "^([01][0-9]|2[0-4]):[0-5][0-9]$", examples: ["09:30"] });
const Weekday = Type.Enum(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]);
export const InstrumentStateName = Type.Enum(["open", "halted", "closed"]);

const HoursInput = Type.Object(
  {
    opens: TimeOfDay,
    closes: TimeOfDay,
    days: Type.Optional(Type.Array(Weekday, { minItems: 1, maxItems: 7, uniqueItems: true })),
  },
  {
    ...closed,
    description: "By the clock of time_zone, the closing not included; without days: Monday to Friday",
    examples: [{ opens: "09:30", closes: "16:00", days: ["mon", "tue", "wed", "thu", "fri"] }],
  },
);

const rules = {
  tick: Type.Optional(PriceInput),
  lot: Type.Optional(QuantityInput),
  least_quantity: Type.Optional(QuantityInput),
  largest_quantity: Type.Optional(nullable(QuantityInput)),
  least_notional: Type.Optional(nullable(AmountInput)),
  largest_notional: Type.Optional(nullable(AmountInput)),
  price_band: Type.Optional(
    nullable(
      Type.Integer({
        minimum: 1,
        maximum: 10_000,
        description: "How far a limit may lie on the dear side of the last price, in basis points",
      }),
    ),
  ),
  fee: Type.Optional({ ...BasisPoints, description: "Of a fill's money, in basis points" }),
  maker_fee: Type.Optional({
    ...BasisPoints,
    description: "Of a book: for what an order rested for; default: fee",
  }),
  least_fee: Type.Optional(AmountInput),
  quote_stale_seconds: Type.Optional(
    nullable({ ...Seconds, description: "After which a quote is too old to deal at; null: never" }),
  ),
  time_zone: Type.Optional(Type.String({ minLength: 1, maxLength: 64, examples: ["America/New_York"] })),
  hours: Type.Optional(nullable(HoursInput)),
};
const Name = Type.String({ minLength: 1, maxLength: 200, ...NOT_BLANK, examples: ["Bitcoin in US dollars"] });

const ruleExamples = {
  tick: "0.01",
  lot: "0.00000001",
  least_quantity: "0.0001",
  largest_quantity: "100",
  least_notional: "1.00",
  largest_notional: "1000000.00",
  price_band: 1_000,
  fee: 10,
  least_fee: "0.00",
  quote_stale_seconds: 60,
  time_zone: "UTC",
  hours: null,
};

export const SymbolInput = Type.String({
  pattern: "^[A-Z0-9][A-Z0-9_.:/-]{0,63}$",
  description: "Upper case; unique. POST /corporate-actions changes it",
  examples: ["BTC-USD"],
});

const VenueName = Type.Enum(["quote", "book"]);

export const InstrumentInput = Type.Object(
  {
    symbol: SymbolInput,
    name: Name,
    asset: currencyOf("BTC"),
    currency: Type.Optional(Currency),
    venue: Type.Optional({
      ...VenueName,
      description:
        "quote (default): dealt against the house at its quotes; book: among customers. Never changes",
    }),
    ...rules,
  },
  {
    ...closed,
    examples: [
      { symbol: "BTC-USD", name: "Bitcoin in US dollars", asset: "BTC", currency: "USD", ...ruleExamples },
    ],
  },
);
export type InstrumentInput = Type.Static<typeof InstrumentInput>;

export const InstrumentChange = Type.Object(
  { name: Type.Optional(Name), ...rules },
  { ...closed, minProperties: 1, examples: [{ name: "Bitcoin", ...ruleExamples }] },
);
export type InstrumentChange = Type.Static<typeof InstrumentChange>;

export const StateInput = Type.Object(
  { reason: Type.String({ minLength: 1, maxLength: 300, ...NOT_BLANK, examples: ["News are pending"] }) },
  { ...closed, examples: [{ reason: "News are pending" }] },
);

export const InstrumentParams = Type.Object({ id: idOf("1") });
export const InstrumentQuery = Type.Object(
  {
    symbol: Type.Optional(Type.String({ minLength: 1, maxLength: 64, examples: ["BTC-USD"] })),
    asset: Type.Optional(currencyOf("BTC")),
    state: Type.Optional(InstrumentStateName),
    cursor: Cursor,
    limit: Limit,
  },
  closed,
);

export const QuoteAnswer = Type.Object(
  {
    bid: Price,
    ask: Price,
    last: Price,
    time: Type.String({ format: "date-time", description: "When its source says that it was" }),
    source: Type.String(),
    sequence: nullable(Type.Integer()),
    number: Type.Integer({ description: "Counts the quotes of its instrument that counted, without a gap" }),
    received_at: Time,
  },
  { title: "Quote" },
);

export const InstrumentAnswer = Type.Object(
  {
    id: Type.String({ examples: ["1"] }),
    symbol: Type.String(),
    name: Type.String(),
    asset: Type.String(),
    currency: Type.String(),
    venue: VenueName,
    state: InstrumentStateName,
    state_reason: nullable(Type.String()),
    is_open: Type.Boolean({ description: "Orders are taken now: it is open, and within its hours" }),
    tick: Price,
    lot: Quantity,
    least_quantity: Quantity,
    largest_quantity: nullable(Quantity),
    least_notional: nullable(Amount),
    largest_notional: nullable(Amount),
    price_band: nullable(Type.Integer()),
    fee: BasisPoints,
    maker_fee: BasisPoints,
    least_fee: Amount,
    quote_stale_seconds: nullable(Type.Integer()),
    time_zone: Type.String(),
    hours: nullable(
      Type.Object({ opens: Type.String(), closes: Type.String(), days: Type.Array(Type.String()) }),
    ),
    session: Type.Integer({ description: "Counts its closings; an order for the day ends with its session" }),
    quote: nullable(QuoteAnswer),
    version: Type.Integer({ description: "Of its terms and state; the ETag carries it too" }),
    created_at: Time,
    updated_at: Time,
  },
  { title: "Instrument" },
);
export type InstrumentDocument = Type.Static<typeof InstrumentAnswer>;
export const InstrumentPage = countedPageOf(InstrumentAnswer, "InstrumentPage");
