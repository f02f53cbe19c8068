// Turns what a client sent into a new trade order. The schemas have checked the form before; this file checks what they cannot
// know: which fields each type has.
import { invalidField } from "../../../values/app-error.ts";
import { parseAmount } from "../../../values/money.ts";
import { readForeignCode } from "../../../values/names.ts";
import {
  readAll,
  readId,
  readOptionalAmount,
  readOptionalId,
  readPositiveAmount,
  readTime,
} from "../../../values/read-input.ts";
import type { Asset, Assets } from "../../ledger/index.ts";
import { tradingError } from "../errors.ts";
import { type Instrument, sidesOf } from "../instruments/instrument.ts";
import { readPrice } from "../instruments/read-instrument-input.ts";
import type { Side } from "../matching/meet-quote.ts";
import type { ChosenLot } from "../positions/position.ts";
import type { NewTradeOrder } from "./new-trade-order.ts";
import type { OrderType, TimeInForce } from "./trade-order.ts";
import type { TradeOrderInput } from "./trade-order-schemas.ts";

type PriceField = "limit_price" | "stop_price" | "trail";

/** The prices that each type needs; it may have no others. */
const PRICES: Readonly<Record<OrderType, readonly PriceField[]>> = {
  market: [],
  limit: ["limit_price"],
  stop: ["stop_price"],
  stop_limit: ["stop_price", "limit_price"],
  take_profit: ["stop_price"],
  take_profit_limit: ["stop_price", "limit_price"],
  trailing_stop: ["trail"],
};

/**
 * Reads one order: checks first the form of each field, then whether the fields fit together.
 * @throws AppError `invalid/invalid_request`, `refused/trade_order_fields_unfit` naming the fields, prefixed with `path`
 */
export function readTradeOrder(
  assets: Assets,
  instrument: Instrument,
  { input, path = "" }: { readonly input: TradeOrderInput; readonly path?: string },
): NewTradeOrder {
  const { security, money } = sidesOf(assets, instrument);
  const { take_profit: takeProfit, stop_loss: stopLoss } = input;
  const fields = readAll({
    quantity: () => readOptionalAmount(input.quantity, security, `${path}quantity`),
    amount: () => readOptionalAmount(input.amount, money, `${path}amount`),
    limitPrice: () => readOptionalPrice(input.limit_price, `${path}limit_price`),
    stopPrice: () => readOptionalPrice(input.stop_price, `${path}stop_price`),
    trailAmount: () => readOptionalPrice(input.trail_amount, `${path}trail_amount`),
    trailPercent: () => readOptionalPercent(input.trail_percent, `${path}trail_percent`),
    expiresAt: () => readTime(input.expires_at, `${path}expires_at`),
    clientOrderId: () => readForeignCode(input.client_order_id, `${path}client_order_id`),
    cashAccountId: () => readOptionalId(input.cash_account_id, `${path}cash_account_id`),
    assetAccountId: () => readOptionalId(input.asset_account_id, `${path}asset_account_id`),
    profitLimit: () => readOptionalPrice(takeProfit?.limit_price, "take_profit.limit_price"),
    lossStop: () => readOptionalPrice(stopLoss?.stop_price, "stop_loss.stop_price"),
    lossLimit: () => readOptionalPrice(stopLoss?.limit_price, "stop_loss.limit_price"),
  });
  const { profitLimit, lossStop, lossLimit, ...own } = fields;
  const { side, type } = findKind(input, path);
  checkPrices(input, type, path);
  checkQuantity(input, { side, type, path });
  checkExits(input, { side, type });
  if (input.lots !== undefined && side === "buy") throw unfit("lots", "belong to a sale");
  const lots = readChosenLots(input.lots, { security, quantity: own.quantity });
  return {
    instrumentId: instrument.id,
    side,
    type,
    ...own,
    timeInForce: findTimeInForce(input, { type, path, expiresAt: own.expiresAt }),
    triggerBy: input.trigger_by ?? "last",
    lots,
    ...readBookTerms(input, { instrument, type, side, path }),
    takeProfit: profitLimit === undefined ? undefined : { limitPrice: profitLimit },
    stopLoss: lossStop === undefined ? undefined : { stopPrice: lossStop, limitPrice: lossLimit },
  };
}

/** @throws AppError `invalid/invalid_request`, `refused/trade_order_fields_unfit` naming the lot, or `lots` */
export function readChosenLots(
  lots: TradeOrderInput["lots"],
  { security, quantity }: { security: Asset; quantity: bigint | undefined },
): ChosenLot[] | undefined {
  if (lots === undefined) return undefined;
  const chosen = lots.map((lot, index) => ({
    lotId: readId(lot.lot_id, `lots[${index}].lot_id`),
    quantity: readPositiveAmount(lot.quantity, security, `lots[${index}].quantity`),
  }));
  const twice = chosen.findIndex(
    ({ lotId }, index) => chosen.findIndex((lot) => lot.lotId === lotId) < index,
  );
  if (twice !== -1) throw unfit(`lots[${twice}].lot_id`, "is chosen twice");
  const together = chosen.reduce((all, lot) => all + lot.quantity, 0n);
  if (together !== quantity) throw unfit("lots", "must together be the quantity");
  return chosen;
}

export function unfit(field: string, reason: string): Error {
  return tradingError("trade_order_fields_unfit", { fields: [{ field, reason }] });
}

export function readInstrumentId(input: { readonly instrument_id: string | number }, path = ""): number {
  return readId(input.instrument_id, `${path}instrument_id`);
}

function findKind(input: TradeOrderInput, path: string): { side: Side; type: OrderType } {
  const { order_type: word } = input;
  if (word !== undefined) {
    if (input.side !== undefined || input.type !== undefined)
      throw unfit(`${path}order_type`, "stands in place of side and type: send one or the other");
    const [type, side] = word.toLowerCase().split("_") as [OrderType, Side];
    return { side, type };
  }
  if (input.side === undefined) throw unfit(`${path}side`, "is missing: buy or sell");
  if (input.type === undefined) throw unfit(`${path}type`, "is missing, such as market or limit");
  return { side: input.side, type: input.type };
}

function checkPrices(input: TradeOrderInput, type: OrderType, path: string): void {
  const wanted = PRICES[type];
  for (const field of ["limit_price", "stop_price"] as const) {
    const isThere = input[field] !== undefined;
    if (isThere && !wanted.includes(field)) throw unfit(`${path}${field}`, `a ${type} order has none`);
    if (!isThere && wanted.includes(field))
      throw unfit(`${path}${field}`, `is missing: a ${type} order has one`);
  }
  const trails = Number(input.trail_amount !== undefined) + Number(input.trail_percent !== undefined);
  if (!wanted.includes("trail") && trails > 0)
    throw unfit(
      `${path}${input.trail_amount === undefined ? "trail_percent" : "trail_amount"}`,
      `a ${type} order has none`,
    );
  if (wanted.includes("trail") && trails !== 1)
    throw unfit(`${path}trail_amount`, "send either trail_amount or trail_percent");
}

function checkQuantity(
  input: TradeOrderInput,
  { side, type, path }: { side: Side; type: OrderType; path: string },
): void {
  if ((input.quantity === undefined) === (input.amount === undefined))
    throw unfit(`${path}quantity`, "send quantity, or for a market purchase amount, and not both");
  if (input.amount !== undefined && (type !== "market" || side !== "buy"))
    throw unfit(`${path}amount`, "belongs to a market purchase");
}

function findTimeInForce(
  input: TradeOrderInput,
  { type, path, expiresAt }: { type: OrderType; path: string; expiresAt: number | undefined },
): TimeInForce {
  const timeInForce: TimeInForce = input.time_in_force ?? (type === "market" ? "IOC" : "GTC");
  const isAtOnce = timeInForce === "IOC" || timeInForce === "FOK";
  if (isAtOnce && type !== "market" && type !== "limit")
    throw unfit(`${path}time_in_force`, "an order with a condition waits: send GTC, DAY or GTD");
  if (timeInForce === "GTD" && expiresAt === undefined)
    throw unfit(`${path}expires_at`, "is missing: a GTD order has one");
  if (timeInForce !== "GTD" && expiresAt !== undefined)
    throw unfit(`${path}expires_at`, "belongs to time_in_force GTD");
  if (expiresAt !== undefined && expiresAt <= Date.now() * 1_000)
    throw unfit(`${path}expires_at`, "must lie in the future");
  return timeInForce;
}

export function readOptionalPrice(input: string | number | undefined, field: string): bigint | undefined {
  return input === undefined ? undefined : readPrice(input, field);
}

function readOptionalPercent(input: string | number | undefined, field: string): number | undefined {
  if (input === undefined) return undefined;
  const percent = parseAmount(input, 2);
  if (typeof percent !== "bigint" || percent < 1n || percent > 9_999n)
    throw invalidField(field, "must be more than 0 and less than 100, with up to two decimals");
  return Number(percent);
}

/** What only orders in a book can have, and what they cannot have. */
function readBookTerms(
  input: TradeOrderInput,
  { instrument, type, side, path }: { instrument: Instrument; type: OrderType; side: Side; path: string },
): Pick<NewTradeOrder, "postOnly" | "reduceOnly" | "selfTrade"> {
  const { post_only: postOnly = false, reduce_only: reduceOnly = false, self_trade: selfTrade } = input;
  const isInBook = instrument.venue === "book";
  if (!isInBook && selfTrade !== undefined)
    throw unfit(`${path}self_trade`, "belongs to orders in a book; this instrument is dealt at quotes");
  const isLimit = type === "limit" || type === "stop_limit" || type === "take_profit_limit";
  const isAtOnce = input.time_in_force === "IOC" || input.time_in_force === "FOK";
  if (postOnly && (!isInBook || !isLimit || isAtOnce))
    throw unfit(`${path}post_only`, "belongs to a limit order that may rest in a book");
  if (reduceOnly && side === "buy")
    throw unfit(`${path}reduce_only`, "belongs to a sale: there are no short positions to buy back");
  if (!isInBook) return { postOnly, reduceOnly, selfTrade: "newest" };
  if (input.take_profit !== undefined || input.stop_loss !== undefined)
    throw unfit(
      input.take_profit === undefined ? "stop_loss" : "take_profit",
      "is for instruments dealt at quotes: place the exit once the purchase is filled",
    );
  if (path !== "") throw unfit(`${path}instrument_id`, "pairs are for instruments dealt at quotes");
  if (input.amount !== undefined) throw unfit("amount", "is for instruments dealt at quotes: send quantity");
  return { postOnly, reduceOnly, selfTrade: selfTrade ?? "newest" };
}

function checkExits(input: TradeOrderInput, { side, type }: { side: Side; type: OrderType }): void {
  const field = input.take_profit === undefined ? "stop_loss" : "take_profit";
  if (input.take_profit === undefined && input.stop_loss === undefined) return;
  if (side === "sell") throw unfit(field, "belongs to a purchase: it sells what was bought");
  if (type === "trailing_stop") throw unfit(field, "cannot follow a trailing stop");
}
