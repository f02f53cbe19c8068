// Finds positions with their value: staff see all, customers their own.
import { inReadTransaction } from "../../../runtime/transaction.ts";
import { type Actor, actsForAll } from "../../../values/actor.ts";
import { divideHalfUp, formatAmount } from "../../../values/money.ts";
import { EMPTY_PAGE, type Page, toPage } from "../../../values/page.ts";
import { type AccountSums, type Assets, findBalances } from "../../ledger/index.ts";
import { formatPrice } from "../instruments/describe-instrument.ts";
import { sidesOf } from "../instruments/instrument.ts";
import { selectBids } from "../instruments/instrument-store.ts";
import { moneyOf, PRICE_SCALE } from "../matching/price.ts";
import type { TradingServices } from "../services.ts";
import type { Position } from "./position.ts";
import type { PositionDocument } from "./position-schemas.ts";
import { type PositionFilter, selectPositions } from "./position-store.ts";

interface FoundPosition {
  readonly position: Position;
  readonly sums: AccountSums | undefined;
  /** At the newest quote; undefined: there is none. */
  readonly bid: bigint | undefined;
}

/** By account. Asking for another customer finds nothing. */
export async function findPositions(
  { db, assets }: Pick<TradingServices, "db" | "assets">,
  actor: Actor,
  filter: PositionFilter,
): Promise<Page<FoundPosition>> {
  const isOther = filter.ownerId !== undefined && filter.ownerId !== actor.id;
  if (!actsForAll(actor) && isOther) return EMPTY_PAGE;
  const own = actsForAll(actor) ? filter : { ...filter, ownerId: actor.id };
  const found = await selectPositions(db, { ...own, limit: own.limit + 1 });
  const page = toPage(found, own.limit, ({ assetAccountId }) => assetAccountId);
  if (page.items.some(({ asset }) => assets.byCode(asset) === undefined)) await assets.refresh();
  const ids = page.items.map(({ assetAccountId }) => assetAccountId);
  const balances = await inReadTransaction(db, (tx) => findBalances(tx, ids));
  const bids = await selectBids(db);
  const items = page.items.map((position) => ({
    position,
    sums: balances.get(position.assetAccountId),
    bid: bids.get(`${position.asset} ${position.currency}`),
  }));
  return { ...page, items };
}

export function describePosition(assets: Assets, { position, sums, bid }: FoundPosition): PositionDocument {
  const { scales } = sidesOf(assets, position);
  const units = (value: bigint) => formatAmount(value, scales.asset);
  const money = (value: bigint) => formatAmount(value, scales.money);
  const { quantity, cost, realized } = position;
  const worth = bid === undefined ? undefined : moneyOf(quantity, bid, scales);
  const one = 10n ** BigInt(PRICE_SCALE + scales.asset);
  const average = quantity === 0n ? 0n : divideHalfUp(cost * one, quantity * 10n ** BigInt(scales.money));
  return {
    owner_id: position.ownerId,
    asset_account_id: String(position.assetAccountId),
    asset: position.asset,
    currency: position.currency,
    quantity: units(sums?.balance ?? 0n),
    held: units(sums?.held ?? 0n),
    traded_quantity: units(quantity),
    cost: money(cost),
    average_cost: quantity === 0n ? null : formatPrice(average, scales.money),
    realized: money(realized),
    unrealized: worth === undefined ? null : money(worth - cost),
    market_value: worth === undefined ? null : money(worth),
    fees: money(position.fees),
  };
}
