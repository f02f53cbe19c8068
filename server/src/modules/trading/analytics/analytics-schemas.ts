// The shapes of the analytics of trading in requests and answers.
import { Type } from "typebox";
import { Amount, idOf, momentOf, nullable } from "../../../http/index.ts";

const closed = { additionalProperties: false } as const;
const OwnerId = Type.String({ minLength: 1, maxLength: 128 });
const Signed = Type.String({ examples: ["-12.50"] });
const Part = Type.String({ examples: ["0.123457"], description: "A part of one, with six decimals" });

const filter = {
  owner_id: Type.Optional(OwnerId),
  instrument_id: Type.Optional(idOf("1")),
  from: Type.Optional(momentOf("start")),
  to: Type.Optional(momentOf("end")),
};
export const SummaryQuery = Type.Object(filter, closed);
export type SummaryQuery = Type.Static<typeof SummaryQuery>;
export const VolumeQuery = Type.Object(
  {
    ...filter,
    by: Type.Optional(Type.Enum(["instrument", "day", "owner"], { description: "Default: instrument" })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, description: "Default: 100" })),
  },
  closed,
);

const sums = {
  trades: Type.Integer(),
  unrated_trades: Type.Integer({ description: "Of them without an exchange rate: in no amount here" }),
  volume: Amount,
  average_size: nullable(Amount),
  largest_size: Amount,
  fees: Amount,
  realized: Signed,
};
const frame = {
  from: Type.String({ format: "date-time" }),
  to: Type.String({ format: "date-time" }),
  currency: Type.String({ description: "The reporting currency; each trade at its own exchange rate" }),
};
export const SummaryAnswer = Type.Object(
  {
    ...frame,
    ...sums,
    sales: Type.Integer(),
    win_rate: nullable({ ...Part, description: "Sales with a gain, of all sales" }),
    turnover: nullable({ ...Part, description: "The smaller of purchases and sales, by the average value" }),
    return: nullable({ ...Part, description: "Time-weighted, from the daily snapshots of one owner" }),
    largest_drawdown: nullable({ ...Part, description: "The deepest fall below the highest value before" }),
    by_order_type: Type.Array(
      Type.Object({
        type: Type.String(),
        orders: Type.Integer({ description: "Placed in the time, and ended" }),
        fill_rate: Part,
        slippage: nullable({ ...Part, description: "Worse than the quote at placing, as a part of it" }),
      }),
    ),
  },
  { title: "TradingSummary" },
);
export type SummaryDocument = Type.Static<typeof SummaryAnswer>;
export const VolumeAnswer = Type.Object(
  { ...frame, by: Type.String(), items: Type.Array(Type.Object({ key: Type.String(), ...sums })) },
  { title: "TradingVolume" },
);

export const PortfolioQuery = Type.Object(
  {
    owner_id: Type.Optional(OwnerId),
    from: Type.Optional(Type.String({ format: "date", examples: ["2026-11-01"] })),
    to: Type.Optional(Type.String({ format: "date", examples: ["2026-11-30"] })),
  },
  closed,
);
export const PortfolioAnswer = Type.Object(
  {
    owner_id: Type.String(),
    currency: Type.String(),
    items: Type.Array(
      Type.Object({
        day: Type.String({ format: "date" }),
        value: nullable(Amount),
        cost: nullable(Amount),
        realized: nullable(Signed),
        bought: Amount,
        sold: Amount,
      }),
    ),
  },
  { title: "Portfolio" },
);
