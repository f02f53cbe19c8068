// How much must be set aside for an order, and the hold for it, which is checked like any other hold.
import type { Actor } from "../../../values/actor.ts";
import type { AppError } from "../../../values/app-error.ts";
import type { Desk } from "../../desk/index.ts";
import { type Assets, ledgerError, placeHold } from "../../ledger/index.ts";
import { type Instrument, sidesOf } from "../instruments/instrument.ts";
import { type FeeTerms, feeOf, moneyOf } from "../matching/price.ts";
import type { TradingServices } from "../services.ts";
import { heldAccountOf, ownerOf, type TradeOrder } from "./trade-order.ts";
import { isConditional } from "./watch-of-order.ts";

/** How far above the firing price a purchase at any price may end up; basis points. */
const COLLAR = 500n;

export interface Need {
  readonly order: TradeOrder;
  /** The price, where it is filled at once. */
  readonly price: bigint | undefined;
  /** The price at which it will probably be filled. */
  readonly expected: bigint | undefined;
}

/** For the unfilled part: a sale holds the units; a purchase its cost and fee, with a margin (collar) where its price is open. */
export function needOf(
  assets: Assets,
  instrument: Instrument,
  { order, price, expected = 0n }: Need,
): bigint {
  const left = order.quantity - order.filled;
  if (order.side === "sell") return left;
  const { scales } = sidesOf(assets, instrument);
  const isOpen = isConditional(order) && order.limitPrice === null;
  const dearest = price ?? (isOpen ? (expected * (10_000n + COLLAR)) / 10_000n : expected);
  const money = moneyOf(left, dearest, scales);
  return money + feeOf(order.money + money, dearestFee(instrument)) - order.fees;
}

/** In a book an order may be charged either fee. */
function dearestFee({ venue, fee, makerFee, leastFee }: Instrument): FeeTerms {
  return { fee: venue === "book" && makerFee > fee ? makerFee : fee, leastFee };
}

/** One hold; a pair shares one. Refuses what the ledger and the money guard do. @throws AppError as the money guard */
export function holdFor(
  desk: Desk,
  services: Pick<TradingServices, "assets" | "moneyGuard">,
  {
    actor,
    order,
    amount,
    instrument,
  }: { actor: Actor; order: TradeOrder; amount: bigint; instrument: Instrument },
): { holdId: number; amount: bigint } | AppError {
  const { security, money } = sidesOf(services.assets, instrument);
  const asset = order.side === "buy" ? money : security;
  const debitAccountId = heldAccountOf(order);
  const creditAccountId = services.assets.systemAccount(asset.id, "dealing");
  const header = { kind: "ORDER_HOLD", actorId: actor.id, reference: `trade order ${order.id}` } as const;
  const movement = { debitAccountId, creditAccountId, amount };
  return services.moneyGuard.guard(desk, { actor, asset, movement, header }, () => {
    const hold = placeHold(desk.book, { ...header, ...movement, owner: ownerOf(order) });
    return "refused" in hold ? ledgerError(hold.refused, hold.details) : { holdId: hold.id, amount };
  });
}
