// The rules for a new order, checked before anything is held for it: the instrument's grid and bounds, and the price band.
import type { AppError } from "../../../values/app-error.ts";
import { formatAmount } from "../../../values/money.ts";
import type { Desk } from "../../desk/index.ts";
import { type Assets, balanceOf } from "../../ledger/index.ts";
import { tradingError } from "../errors.ts";
import { formatPrice } from "../instruments/describe-instrument.ts";
import { type Instrument, sidesOf } from "../instruments/instrument.ts";
import { isWithinHours } from "../instruments/trading-hours.ts";
import { moneyOf } from "../matching/price.ts";
import { holdingOf, positionsOf } from "../positions/keep-position.ts";
import type { TradingAccounts } from "./find-trading-accounts.ts";
import type { NewTradeOrder } from "./new-trade-order.ts";

/** Refuses `instrument_not_open`, with the reason. @param now stamp */
export function refuseClosed(instrument: Instrument, now: number): AppError | undefined {
  const isOpen = instrument.state === "open" && isWithinHours(instrument, now);
  if (isOpen) return undefined;
  const why = instrument.state === "open" ? "outside of its hours" : instrument.state;
  const reason =
    instrument.stateReason === null || instrument.state === "open" ? "" : `: ${instrument.stateReason}`;
  return tradingError("instrument_not_open", {
    message: `${instrument.symbol} is ${why}${reason}.`,
    instrument_state: instrument.state,
  });
}

type OrderPrices = Pick<NewTradeOrder, "side"> &
  Partial<Pick<NewTradeOrder, "limitPrice" | "stopPrice" | "trailAmount" | "takeProfit" | "stopLoss">>;

/** Refuses `price_off_tick`, `price_outside_band`, naming the field. */
export function refusePrices(
  assets: Assets,
  instrument: Instrument,
  order: OrderPrices,
): AppError | undefined {
  const { money } = sidesOf(assets, instrument);
  const write = (price: bigint) => formatPrice(price, money.scale);
  const { limitPrice, stopPrice, trailAmount, takeProfit, stopLoss } = order;
  const prices = [
    ["limit_price", limitPrice],
    ["stop_price", stopPrice],
    ["trail_amount", trailAmount],
    ["take_profit.limit_price", takeProfit?.limitPrice],
    ["stop_loss.stop_price", stopLoss?.stopPrice],
    ["stop_loss.limit_price", stopLoss?.limitPrice],
  ] as const;
  for (const [field, price] of prices) {
    if (price === undefined || price % instrument.tick === 0n) continue;
    const reason = `must be a multiple of the tick, ${write(instrument.tick)}`;
    return tradingError("price_off_tick", { fields: [{ field, reason }] });
  }
  return refuseOutsideBand(instrument, order, write);
}

/** Checks only the expensive side: a buy above the last price, a sale below it. On the other side, any limit is useful. */
function refuseOutsideBand(
  { band, quote }: Instrument,
  { side, limitPrice }: OrderPrices,
  write: (price: bigint) => string,
): AppError | undefined {
  if (band === null || quote === null || limitPrice === undefined) return undefined;
  const sign = side === "buy" ? 1n : -1n;
  const bound = (quote.last * (10_000n + sign * BigInt(band))) / 10_000n;
  const isWithin = side === "buy" ? limitPrice <= bound : limitPrice >= bound;
  if (isWithin) return undefined;
  const reason = `must be ${side === "buy" ? "at most" : "at least"} ${write(bound)}, ${band} basis points from the last price`;
  return tradingError("price_outside_band", { fields: [{ field: "limit_price", reason }] });
}

/** Refuses `reduce_only_exceeds_position`: the units of the account less what other sales hold of them. */
export function refuseMoreThanPosition(
  desk: Desk,
  { reduceOnly, quantity = 0n }: Pick<NewTradeOrder, "reduceOnly" | "quantity">,
  assetAccountId: number,
): AppError | undefined {
  const account = desk.book.accounts.get(assetAccountId);
  if (!reduceOnly || account === undefined || quantity <= balanceOf(account).available) return undefined;
  return tradingError("reduce_only_exceeds_position");
}

/** Refuses `quantity_off_lot`, `notional_outside_bounds`, naming the field. @param price at which it would be filled */
export function refuseQuantity(
  assets: Assets,
  instrument: Instrument,
  { quantity, price }: { readonly quantity: bigint; readonly price: bigint | undefined },
): AppError | undefined {
  const { security, money, scales } = sidesOf(assets, instrument);
  const { lot, leastQuantity, mostQuantity, leastNotional, mostNotional } = instrument;
  const units = (value: bigint) => formatAmount(value, security.scale);
  const refuse = (reason: string) =>
    tradingError("quantity_off_lot", { fields: [{ field: "quantity", reason }] });
  if (quantity % lot !== 0n) return refuse(`must be a multiple of the lot, ${units(lot)}`);
  if (quantity < leastQuantity) return refuse(`must be at least ${units(leastQuantity)}`);
  if (mostQuantity !== null && quantity > mostQuantity)
    return refuse(`must be at most ${units(mostQuantity)}`);
  if (price === undefined) return undefined;
  const worth = moneyOf(quantity, price, scales);
  const refuseWorth = (reason: string) =>
    tradingError("notional_outside_bounds", { fields: [{ field: "quantity", reason }] });
  const cash = (value: bigint) => formatAmount(value, money.scale);
  const least = leastNotional ?? 1n;
  if (worth < least)
    return refuseWorth(`is worth ${cash(worth)} ${money.code}, and must be worth at least ${cash(least)}`);
  if (mostNotional !== null && worth > mostNotional)
    return refuseWorth(
      `is worth ${cash(worth)} ${money.code}, and may be worth at most ${cash(mostNotional)}`,
    );
  return undefined;
}

/** Refuses `lot_not_open`, naming the chosen lot that is not there, or not of this account and currency, or has too little. */
export function refuseLots(
  desk: Desk,
  {
    order,
    accounts,
    instrument,
  }: { order: Pick<NewTradeOrder, "lots">; accounts: TradingAccounts; instrument: Instrument },
): AppError | undefined {
  if (order.lots === undefined) return undefined;
  const { lots } = holdingOf(positionsOf(desk, accounts.assetAccountId), { ...accounts, instrument });
  for (const [index, { lotId, quantity }] of order.lots.entries()) {
    const remaining = lots.find(({ id }) => id === lotId)?.remaining ?? 0n;
    if (quantity <= remaining) continue;
    const { security } = sidesOf(desk.assets, instrument);
    const reason =
      remaining === 0n
        ? "is no open lot of this account and currency"
        : `has ${formatAmount(remaining, security.scale)} left`;
    return tradingError("lot_not_open", { fields: [{ field: `lots[${index}].lot_id`, reason }] });
  }
  return undefined;
}
