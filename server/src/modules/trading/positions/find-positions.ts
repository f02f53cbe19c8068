// Finds positions and their lots with their value: staff see all, customers their own.
import { inReadTransaction } from "../../../runtime/transaction.ts";
import { type Actor, actsForAll } from "../../../values/actor.ts";
import { divideHalfUp, formatAmount } from "../../../values/money.ts";
import { EMPTY_PAGE, type Page, toPage } from "../../../values/page.ts";
import { formatStamp } from "../../../values/time.ts";
import { type AccountSums, type Assets, findBalances } from "../../ledger/index.ts";
import { formatPrice } from "../instruments/describe-instrument.ts";
import { sidesOf } from "../instruments/instrument.ts";
import { selectBids } from "../instruments/instrument-store.ts";
import { moneyOf, PRICE_SCALE, type Scales } from "../matching/price.ts";
import type { TradingReader } from "../services.ts";
import { costOfLot, gainOf, type Lot, type Position, type ReportingScales } from "./position.ts";
import type { LotDocument, PositionDocument } from "./position-schemas.ts";
import {
  type AccountPositions,
  type LotFilter,
  type PositionFilter,
  selectGainSettings,
  selectLots,
  selectPositions,
} from "./position-store.ts";

type GainReading = Pick<AccountPositions, "settings" | "rates">;

interface FoundPosition {
  readonly position: Position;
  readonly sums: AccountSums | undefined;
  /** At the newest quote; undefined: there is none. */
  readonly bid: bigint | undefined;
  readonly reading: GainReading;
}

/** By account. Asking for another customer finds nothing. */
export async function findPositions(
  { db, assets }: TradingReader,
  actor: Actor,
  filter: PositionFilter,
): Promise<Page<FoundPosition>> {
  const own = ownFilter(actor, filter);
  if (own === undefined) return EMPTY_PAGE;
  const found = await selectPositions(db, { ...own, limit: own.limit + 1 });
  const page = toPage(found, own.limit, ({ assetAccountId }) => assetAccountId);
  await learn(assets, page.items);
  const ids = page.items.map(({ assetAccountId }) => assetAccountId);
  const balances = await inReadTransaction(db, (tx) => findBalances(tx, ids));
  const [bids, reading] = await Promise.all([selectBids(db), selectGainSettings(db)]);
  const items = page.items.map((position) => ({
    position,
    sums: balances.get(position.assetAccountId),
    bid: bids.get(`${position.asset} ${position.currency}`),
    reading,
  }));
  return { ...page, items };
}

/** Undefined: another customer is asked for. */
function ownFilter<Filter extends { readonly ownerId?: string | undefined }>(
  actor: Actor,
  filter: Filter,
): Filter | undefined {
  if (actsForAll(actor)) return filter;
  const isOther = filter.ownerId !== undefined && filter.ownerId !== actor.id;
  return isOther ? undefined : { ...filter, ownerId: actor.id };
}

async function learn(assets: Assets, of: readonly { readonly asset: string }[]): Promise<void> {
  if (of.some(({ asset }) => assets.byCode(asset) === undefined)) await assets.refresh();
}

export function describePosition(
  assets: Assets,
  { position, sums, bid, reading }: FoundPosition,
): PositionDocument {
  const { scales } = sidesOf(assets, position);
  const units = (value: bigint) => formatAmount(value, scales.asset);
  const money = (value: bigint) => formatAmount(value, scales.money);
  const { quantity, cost, realized } = position;
  const worth = bid === undefined ? undefined : moneyOf(quantity, bid, scales);
  return {
    owner_id: position.ownerId,
    asset_account_id: String(position.assetAccountId),
    asset: position.asset,
    currency: position.currency,
    quantity: units(sums?.balance ?? 0n),
    held: units(sums?.held ?? 0n),
    traded_quantity: units(quantity),
    cost: money(cost),
    average_cost: quantity === 0n ? null : formatPrice(averageOf(cost, quantity, scales), scales.money),
    realized: money(realized),
    unrealized: worth === undefined ? null : money(worth - cost),
    market_value: worth === undefined ? null : money(worth),
    fees: money(position.fees),
    cost_basis: reading.settings.basis === "fifo" ? "fifo" : "average",
    reporting: describeReporting(assets, { position, worth, reading }),
  };
}

/** Billionths of the currency for one unit. */
function averageOf(cost: bigint, quantity: bigint, scales: Scales): bigint {
  return divideHalfUp(
    cost * 10n ** BigInt(PRICE_SCALE + scales.asset),
    quantity * 10n ** BigInt(scales.money),
  );
}

/** The sums in the reporting currency; each gain is its price part and its currency part. */
function describeReporting(
  assets: Assets,
  { position, worth, reading }: { position: Position; worth: bigint | undefined; reading: GainReading },
): PositionDocument["reporting"] {
  const { reportingCurrency } = reading.settings;
  const scales = scalesOf(assets, position.currency, reportingCurrency);
  const write = (value: bigint | null) => (value === null ? null : formatAmount(value, scales.to));
  const { cost, costReporting, realizedReporting, currencyGain } = position;
  const rate = reading.rates.get(position.currency) ?? null;
  const open =
    worth === undefined
      ? { reporting: null, currencyGain: null }
      : gainOf({ proceeds: worth, cost, costReporting, rate }, scales);
  const priceOf = (gain: bigint | null, currency: bigint | null) =>
    gain === null || currency === null ? null : gain - currency;
  return {
    currency: reportingCurrency,
    rate,
    cost: write(costReporting),
    realized: write(realizedReporting),
    realized_price_gain: write(priceOf(realizedReporting, currencyGain)),
    realized_currency_gain: write(currencyGain),
    unrealized: write(open.reporting),
    unrealized_price_gain: write(priceOf(open.reporting, open.currencyGain)),
    unrealized_currency_gain: write(open.currencyGain),
  };
}

function scalesOf(assets: Assets, currency: string, reporting: string): ReportingScales {
  const scale = (code: string) => assets.byCode(code)?.scale ?? 0;
  return { from: scale(currency), to: scale(reporting) };
}

interface FoundLot {
  readonly lot: Lot;
  readonly position: Position;
  readonly reportingCurrency: string;
}

/** In the order in which they came into their accounts. Asking for another customer finds nothing. */
export async function findLots(
  { db, assets }: TradingReader,
  actor: Actor,
  filter: LotFilter,
): Promise<Page<FoundLot>> {
  const own = ownFilter(actor, filter);
  if (own === undefined) return EMPTY_PAGE;
  const found = await selectLots(db, { ...own, limit: own.limit + 1 });
  const { settings } = await selectGainSettings(db);
  await learn(
    assets,
    found.map(({ position }) => position),
  );
  const page = toPage(found, own.limit, ({ lot }) => lot.id);
  const { reportingCurrency } = settings;
  return { ...page, items: page.items.map((each) => ({ ...each, reportingCurrency })) };
}

export function describeLot(assets: Assets, { lot, position, reportingCurrency }: FoundLot): LotDocument {
  const { scales } = sidesOf(assets, position);
  const { cost, costReporting } = costOfLot({ position }, lot);
  const isOpen = lot.remaining > 0n;
  return {
    id: String(lot.id),
    owner_id: position.ownerId,
    asset_account_id: String(lot.assetAccountId),
    asset: position.asset,
    currency: lot.currency,
    origin: lot.isBought ? "bought" : "received",
    acquired_at: formatStamp(lot.acquiredAt),
    quantity: formatAmount(lot.quantity, scales.asset),
    remaining: formatAmount(lot.remaining, scales.asset),
    cost: formatAmount(isOpen ? cost : 0n, scales.money),
    unit_cost: isOpen ? formatPrice(averageOf(cost, lot.remaining, scales), scales.money) : null,
    rate: lot.rate,
    reporting_currency: reportingCurrency,
    cost_reporting:
      costReporting === null
        ? null
        : formatAmount(isOpen ? costReporting : 0n, scalesOf(assets, lot.currency, reportingCurrency).to),
  };
}
