// The shapes of trade orders in requests and answers.
import { Type } from "typebox";
import {
  Amount,
  AmountInput,
  Cursor,
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
import { Price, PriceInput, Quantity, QuantityInput } from "../instruments/instrument-schemas.ts";
import { ChosenLots } from "../positions/position-schemas.ts";

const closed = { additionalProperties: false } as const;

export const SideName = Type.Enum(["buy", "sell"]);
export const OrderTypeName = Type.Enum([
  "market",
  "limit",
  "stop",
  "stop_limit",
  "take_profit",
  "take_profit_limit",
  "trailing_stop",
]);
const TriggerBy = Type.Enum(["last", "bid", "ask", "mid"], {
  description: "Which price of a quote a condition looks at; default: last",
});
const TimeInForceName = Type.Enum(["GTC", "IOC", "FOK", "DAY", "GTD"]);
const SelfTradeName = Type.Enum(["newest", "oldest", "both", "decrement"]);
export const StatusName = Type.Enum([
  "PENDING",
  "CONFIRMED",
  "QUEUED",
  "PROCESSING",
  "COMPLETED",
  "CANCELLED",
  "FAILED",
  "EXPIRED",
]);
export const StateName = Type.Enum([
  "dormant",
  "waiting",
  "resting",
  "fired",
  "filled",
  "cancelled",
  "failed",
  "expired",
]);

const fields = {
  instrument_id: IdInput,
  side: Type.Optional(SideName),
  type: Type.Optional(OrderTypeName),
  order_type: Type.Optional(
    Type.Enum(["MARKET_BUY", "MARKET_SELL", "LIMIT_BUY", "LIMIT_SELL"], {
      description: "Side and type in one word, in place of both",
    }),
  ),
  quantity: Type.Optional(QuantityInput),
  amount: Type.Optional({
    ...AmountInput,
    description: "Of a market order in place of quantity: money to spend, fee included",
  }),
  limit_price: Type.Optional(PriceInput),
  stop_price: Type.Optional(PriceInput),
  trail_amount: Type.Optional(PriceInput),
  trail_percent: Type.Optional(
    Type.Union(
      [
        Type.String({ pattern: "^[0-9]{1,2}([.][0-9]{1,2})?$" }),
        Type.Number({ minimum: 0.01, maximum: 99.99 }),
      ],
      {
        description: "More than 0, less than 100, up to two decimals",
        examples: ["5"],
      },
    ),
  ),
  trigger_by: Type.Optional(TriggerBy),
  time_in_force: Type.Optional(TimeInForceName),
  expires_at: Type.Optional(momentOf("end")),
  post_only: Type.Optional(Type.Boolean({ description: "In a book: refused rather than dealt at once" })),
  reduce_only: Type.Optional(
    Type.Boolean({
      description: "Of a sale: refused where it is more than the position, with other open sales",
    }),
  ),
  self_trade: Type.Optional({
    ...SelfTradeName,
    description: "In a book, where it meets another order of its owner: which one ends; default: newest",
  }),
  client_order_id: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 64,
      description: "Your own name of it; unique among your orders",
      examples: ["my-1"],
    }),
  ),
  cash_account_id: Type.Optional(IdInput),
  asset_account_id: Type.Optional(IdInput),
};

const example = {
  instrument_id: "1",
  side: "buy",
  type: "limit",
  quantity: "1",
  limit_price: "100.00",
  time_in_force: "GTC",
};

const TakeProfit = Type.Object(
  { limit_price: PriceInput },
  { ...closed, examples: [{ limit_price: "110.00" }] },
);
const StopLoss = Type.Object(
  { stop_price: PriceInput, limit_price: Type.Optional(PriceInput) },
  { ...closed, examples: [{ stop_price: "92.00" }] },
);

export const TradeOrderInput = Type.Object(
  {
    ...fields,
    lots: Type.Optional(ChosenLots),
    take_profit: Type.Optional({
      ...TakeProfit,
      description: "Of a purchase: sells what was bought at this limit",
    }),
    stop_loss: Type.Optional({
      ...StopLoss,
      description: "Of a purchase: sells what was bought at this stop",
    }),
  },
  { ...closed, examples: [example] },
);
export type TradeOrderInput = Type.Static<typeof TradeOrderInput>;

const PairedOrder = Type.Object(fields, { ...closed, examples: [example] });
export const PairInput = Type.Object(
  { orders: Type.Array(PairedOrder, { minItems: 2, maxItems: 2 }) },
  {
    ...closed,
    examples: [
      {
        orders: [
          { instrument_id: "1", side: "sell", type: "stop", quantity: "1", stop_price: "92.00" },
          { instrument_id: "1", side: "sell", type: "limit", quantity: "1", limit_price: "110.00" },
        ],
      },
    ],
  },
);

export const ReplaceInput = Type.Object(
  {
    quantity: Type.Optional(QuantityInput),
    limit_price: Type.Optional(PriceInput),
    stop_price: Type.Optional(PriceInput),
  },
  { ...closed, minProperties: 1, examples: [{ quantity: "2", limit_price: "99.00" }] },
);

export const TradeOrderParams = Type.Object({ id: idOf("1795424400123456") });
export const TradeOrderQuery = Type.Object(
  {
    owner_id: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
    instrument_id: Type.Optional(idOf("1")),
    status: Type.Optional(StatusName),
    open: Type.Optional(Type.Boolean({ description: "true: that have not ended; false: that have" })),
    client_order_id: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    cursor: Cursor,
    limit: Limit,
  },
  closed,
);
export const CancelAllInput = Type.Object(
  {
    instrument_id: Type.Optional(IdInput),
    owner_id: Type.Optional(
      Type.String({ minLength: 1, maxLength: 128, ...NOT_BLANK, description: "Of staff: whose" }),
    ),
  },
  { ...closed, examples: [{ instrument_id: "1" }] },
);
export const CancelledAnswer = Type.Object(
  {
    cancelled: Type.Array(Id),
    not_cancelled: Type.Array(Type.Object({ id: Id, code: Type.String() }), {
      description: "Those that ended, or were being filled, meanwhile",
    }),
    is_complete: Type.Boolean({ description: "false: there are more; ask again" }),
  },
  { title: "CancelledTradeOrders" },
);

const shape = {
  id: Id,
  owner_id: Type.String(),
  placed_by: Type.String(),
  client_order_id: nullable(Type.String()),
  instrument_id: Type.String(),
  symbol: Type.String(),
  cash_account_id: Id,
  asset_account_id: Id,
  side: SideName,
  type: OrderTypeName,
  order_type: Type.String({ examples: ["LIMIT_BUY"] }),
  time_in_force: TimeInForceName,
  status: StatusName,
  state: StateName,
  quantity: Quantity,
  filled_quantity: Quantity,
  limit_price: nullable(Price),
  stop_price: nullable(Price),
  trail_amount: nullable(Price),
  trail_percent: nullable(Type.String()),
  trigger_by: TriggerBy,
  trigger_price: nullable({ ...Price, description: "What a quote must reach now to move it on" }),
  best_price_seen: nullable(Price),
  expires_at: nullable(Time),
  average_price: nullable(Price),
  money: Amount,
  fees: Amount,
  held: Type.String({
    description: "Set aside for it: money of a purchase, units of a sale; of a pair once for both",
  }),
  hold_id: nullable(Id),
  group_id: nullable(Id),
  parent_id: nullable(Id),
  fired_by: nullable(
    Type.Object(
      {
        quote_id: Id,
        price: Price,
        time: Type.String({ format: "date-time" }),
        best_price_seen: nullable(Price),
      },
      { description: "The quote that fired it" },
    ),
  ),
  quoted: nullable(Type.Object({ bid: Price, ask: Price }, { description: "When it was placed" })),
  lots: nullable(Type.Array(Type.Object({ lot_id: Id, quantity: Quantity }), { description: "Chosen ones" })),
  reason: nullable(Type.String({ description: "Why it ended without being filled" })),
  post_only: Type.Boolean(),
  reduce_only: Type.Boolean(),
  self_trade: SelfTradeName,
  version: Type.Integer(),
  placed_at: Time,
};
export const TradeOrderAnswer = Type.Object(shape, { title: "TradeOrder" });
export type TradeOrderDocument = Type.Static<typeof TradeOrderAnswer>;
export const TradeOrderPage = pageOf(TradeOrderAnswer, "TradeOrderPage");
export const PairAnswer = Type.Object(
  { group_id: Id, orders: Type.Array(TradeOrderAnswer) },
  { title: "TradeOrderPair" },
);
export const ExecutionAnswer = Type.Object(
  {
    id: Id,
    quantity: Quantity,
    price: Price,
    money: Amount,
    fee: Amount,
    realized: Type.String({ description: "Gain over what was sold had cost, fees included" }),
    rate: nullable(Type.String({ description: "Of the currency in the reporting currency, at the trade" })),
    realized_reporting: nullable(Type.String({ description: "The gain in the reporting currency" })),
    price_gain: nullable(Type.String({ description: "Of it what the price brought" })),
    currency_gain: nullable(Type.String({ description: "Of it what the exchange rate brought" })),
    cost_basis: nullable(Type.Enum(["average", "fifo", "lots"], { description: "Of a sale" })),
    transaction_id: Id,
    quote_id: nullable(Id),
    is_maker: Type.Boolean({ description: "Its order rested in the book, and the other one came" }),
    executed_at: Time,
  },
  { title: "Execution" },
);
export const TradeOrderDetail = Type.Object(
  {
    ...shape,
    executions: Type.Array(ExecutionAnswer),
    timeline: Type.Array(
      Type.Object({
        at: Time,
        event: Type.String(),
        state: StateName,
        actor_id: Type.String(),
        note: nullable(Type.String()),
      }),
    ),
    related: Type.Array(TradeOrderAnswer, { description: "Its pair, its entry, its exits" }),
  },
  { title: "TradeOrderDetail" },
);
export type TradeOrderDetailDocument = Type.Static<typeof TradeOrderDetail>;
