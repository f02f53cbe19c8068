// A new trade order, checked in form: prices in billionths, quantities in the asset's smallest unit, money in the currency's.
import { createHash } from "node:crypto";
import type { SelfTradePrevention } from "../matching/match-orders.ts";
import type { PriceSource, Side } from "../matching/meet-quote.ts";
import type { ChosenLot } from "../positions/position.ts";
import type { OrderType, TimeInForce } from "./trade-order.ts";

export interface NewTradeOrder {
  readonly instrumentId: number;
  readonly side: Side;
  readonly type: OrderType;
  readonly timeInForce: TimeInForce;
  /** Undefined: as much as `amount` buys. */
  readonly quantity: bigint | undefined;
  readonly amount: bigint | undefined;
  readonly limitPrice: bigint | undefined;
  readonly stopPrice: bigint | undefined;
  readonly trailAmount: bigint | undefined;
  /** Basis points. */
  readonly trailPercent: number | undefined;
  readonly triggerBy: PriceSource;
  /** Stamp. */
  readonly expiresAt: number | undefined;
  readonly clientOrderId: string | undefined;
  readonly postOnly: boolean;
  readonly reduceOnly: boolean;
  readonly selfTrade: SelfTradePrevention;
  readonly cashAccountId: number | undefined;
  readonly assetAccountId: number | undefined;
  /** Of a sale: the lots to be sold. */
  readonly lots: readonly ChosenLot[] | undefined;
  /** Exits that become active when it is filled. */
  readonly takeProfit: { readonly limitPrice: bigint } | undefined;
  readonly stopLoss: { readonly stopPrice: bigint; readonly limitPrice: bigint | undefined } | undefined;
}

/** The same value for the same request, so that a repeated one is recognized. */
export function hashRequest(request: object): string {
  const text = JSON.stringify(request, (_, value) => (typeof value === "bigint" ? `${value}n` : value));
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}
