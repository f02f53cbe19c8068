// The JSON documents of trade orders and their executions. Prices, quantities and amounts are decimal strings, times RFC 3339.
import { divideHalfUp, formatAmount } from "../../../values/money.ts";
import { formatStamp } from "../../../values/time.ts";
import type { Assets } from "../../ledger/index.ts";
import { formatPrice } from "../instruments/describe-instrument.ts";
import { type Instrument, sidesOf } from "../instruments/instrument.ts";
import { PRICE_SCALE } from "../matching/price.ts";
import { type Execution, STATUSES, type TradeOrder } from "./trade-order.ts";
import type { TradeOrderDocument } from "./trade-order-schemas.ts";

interface Described {
  readonly order: TradeOrder;
  readonly instrument: Pick<Instrument, "symbol" | "asset" | "currency">;
}

/** Basis points as a percentage. */
const PERCENT_SCALE = 2;

export function describeTradeOrder(assets: Assets, { order, instrument }: Described): TradeOrderDocument {
  const { scales } = sidesOf(assets, instrument);
  const price = (value: bigint) => formatPrice(value, scales.money);
  const priceOrNull = (value: bigint | null | undefined) =>
    value === null || value === undefined ? null : price(value);
  const quantity = (value: bigint) => formatAmount(value, scales.asset);
  const money = (value: bigint) => formatAmount(value, scales.money);
  const id = (value: number | null) => (value === null ? null : String(value));
  const { firing, quoted } = order;
  return {
    id: String(order.id),
    owner_id: order.ownerId,
    placed_by: order.placedBy,
    client_order_id: order.clientOrderId,
    instrument_id: String(order.instrumentId),
    symbol: instrument.symbol,
    cash_account_id: String(order.cashAccountId),
    asset_account_id: String(order.assetAccountId),
    side: order.side,
    type: order.type,
    order_type: `${order.type}_${order.side}`.toUpperCase(),
    time_in_force: order.timeInForce,
    status: order.state === "resting" && order.filled > 0n ? "PROCESSING" : STATUSES[order.state],
    state: order.state,
    quantity: quantity(order.quantity),
    filled_quantity: quantity(order.filled),
    limit_price: priceOrNull(order.limitPrice),
    stop_price: priceOrNull(order.stopPrice),
    trail_amount: priceOrNull(order.trailAmount),
    trail_percent:
      order.trailPercent === null ? null : formatAmount(BigInt(order.trailPercent), PERCENT_SCALE),
    trigger_by: order.triggerBy,
    trigger_price: priceOrNull(order.watch?.price),
    best_price_seen: priceOrNull(order.extreme),
    expires_at: order.expiresAt === null ? null : formatStamp(order.expiresAt),
    average_price: order.filled === 0n ? null : price(averageOf(order, scales)),
    money: money(order.money),
    fees: money(order.fees),
    held: order.side === "buy" ? money(order.held) : quantity(order.held),
    hold_id: id(order.holdId),
    group_id: id(order.groupId),
    parent_id: id(order.parentId),
    fired_by:
      firing === null
        ? null
        : {
            quote_id: String(firing.quoteId),
            price: price(firing.price),
            time: formatStamp(firing.at),
            best_price_seen: priceOrNull(firing.extreme),
          },
    quoted: quoted === null ? null : { bid: price(quoted.bid), ask: price(quoted.ask) },
    lots: order.lots?.map((lot) => ({ lot_id: String(lot.lotId), quantity: quantity(lot.quantity) })) ?? null,
    reason: order.reason,
    post_only: order.postOnly,
    reduce_only: order.reduceOnly,
    self_trade: order.selfTrade,
    version: order.version,
    placed_at: formatStamp(order.id),
  };
}

function averageOf({ money, filled }: TradeOrder, scales: { asset: number; money: number }): bigint {
  return divideHalfUp(
    money * 10n ** BigInt(PRICE_SCALE + scales.asset),
    filled * 10n ** BigInt(scales.money),
  );
}

/** One fill, without what it came to in the reporting currency. */
export function describeFill(
  assets: Assets,
  execution: Execution,
  instrument: Pick<Instrument, "asset" | "currency">,
) {
  const { scales } = sidesOf(assets, instrument);
  return {
    id: String(execution.id),
    quantity: formatAmount(execution.quantity, scales.asset),
    price: formatPrice(execution.price, scales.money),
    money: formatAmount(execution.money, scales.money),
    fee: formatAmount(execution.fee, scales.money),
    realized: formatAmount(execution.realized, scales.money),
    transaction_id: String(execution.journalId),
    quote_id: execution.quoteId === null ? null : String(execution.quoteId),
    is_maker: execution.isMaker,
    executed_at: formatStamp(execution.id),
  };
}

export function describeExecution(
  assets: Assets,
  execution: Execution,
  {
    instrument,
    reportingCurrency,
  }: { instrument: Pick<Instrument, "asset" | "currency">; reportingCurrency: string },
) {
  const reporting = (value: bigint | null) =>
    value === null ? null : formatAmount(value, assets.byCode(reportingCurrency)?.scale ?? 0);
  const { realizedReporting: gain, currencyGain } = execution;
  return {
    ...describeFill(assets, execution, instrument),
    rate: execution.rate,
    realized_reporting: reporting(gain),
    price_gain: reporting(gain === null || currencyGain === null ? null : gain - currencyGain),
    currency_gain: reporting(currencyGain),
    cost_basis: execution.basis,
  };
}
