// How an open order follows a split: its quantity and its prices, on the lot and on the tick. Prices are rounded away from the
// market, so that no order comes closer to being filled. Pure.
import { divideHalfUp } from "../../../values/money.ts";
import type { Instrument, InstrumentQuote } from "../instruments/instrument.ts";
import { ceilTo, floorTo } from "../matching/price.ts";
import { chosenLots } from "../positions/chosen-lots.ts";
import { type Ratio, splitQuantity } from "../positions/move-units.ts";
import type { TradeOrder } from "../trade-orders/trade-order.ts";

/** Undefined where less than a lot would be left of it. Its hold is not touched. */
export function adjustOrder(
  order: TradeOrder,
  { tick, lot }: Pick<Instrument, "tick" | "lot">,
  ratio: Ratio,
): TradeOrder | undefined {
  const left = floorTo(splitQuantity(order.quantity - order.filled, ratio).whole, lot);
  if (left === 0n) return undefined;
  const { side, watch, extreme, limitPrice, stopPrice, trailAmount } = order;
  const orNull = (price: bigint | null, isFloor: boolean) =>
    price === null ? null : adjustPrice(price, ratio, { tick, isFloor });
  const isStopBelow = watch?.from === "above";
  return {
    ...order,
    quantity: order.filled + left,
    limitPrice: orNull(limitPrice, side === "buy"),
    stopPrice: orNull(stopPrice, watch === null ? side === "sell" : isStopBelow),
    trailAmount: orNull(trailAmount, false),
    watch:
      watch === null
        ? null
        : { ...watch, price: adjustPrice(watch.price, ratio, { tick, isFloor: isStopBelow }) },
    extreme: extreme === null ? null : scalePrice(extreme, ratio),
    lots: order.lots === null ? null : adjustLots(order, left, ratio),
  };
}

function adjustPrice(
  price: bigint,
  ratio: Ratio,
  { tick, isFloor }: { tick: bigint; isFloor: boolean },
): bigint {
  const [numerator, denominator] = [price * ratio.denominator, ratio.numerator];
  const exact = isFloor ? numerator / denominator : (numerator + denominator - 1n) / denominator;
  const placed = isFloor ? floorTo(exact, tick) : ceilTo(exact, tick);
  return placed > tick ? placed : tick;
}

/** A price that was seen, rounded half up to billionths; never zero. */
export function scalePrice(price: bigint, { numerator, denominator }: Ratio): bigint {
  const scaled = divideHalfUp(price * denominator, numerator);
  return scaled > 0n ? scaled : 1n;
}

export function adjustQuote(quote: InstrumentQuote, ratio: Ratio): InstrumentQuote {
  const [bid, ask, last] = [quote.bid, quote.ask, quote.last].map((price) => scalePrice(price, ratio));
  return { ...quote, bid: bid ?? quote.bid, ask: ask ?? quote.ask, last: last ?? quote.last };
}

/** What is filled stays in front, so that the rest begins where it did. */
function adjustLots(order: TradeOrder, left: bigint, ratio: Ratio): TradeOrder["lots"] {
  let room = left;
  const rest = chosenLots(order).flatMap(({ lotId, quantity }) => {
    const { whole } = splitQuantity(quantity, ratio);
    const part = whole < room ? whole : room;
    room -= part;
    return part === 0n ? [] : [{ lotId, quantity: part }];
  });
  return order.filled === 0n ? rest : [{ lotId: 0, quantity: order.filled }, ...rest];
}
