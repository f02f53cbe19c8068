// Analytics of trading: sums of trades, by instrument, day or owner; and the measures of an owner's portfolio and orders.
import type { Sql } from "../../../runtime/database.ts";
import { selectGainSettings } from "../positions/position-store.ts";
import { ORDER_TYPES } from "../trade-orders/trade-order.ts";
import * as store from "./analytics-store.ts";
import * as measures from "./measures.ts";
import { type Snapshot, selectSnapshotBefore, selectSnapshots } from "./snapshot-store.ts";

export interface TradingSummary {
  readonly sums: store.TradeSums;
  /** Undefined where there is too little to tell. */
  readonly winRate: measures.Fraction | undefined;
  readonly turnover: measures.Fraction | undefined;
  readonly return: measures.Fraction | undefined;
  readonly drawdown: measures.Fraction | undefined;
  readonly byType: readonly {
    readonly type: string;
    readonly orders: number;
    readonly fillRate: measures.Fraction;
    readonly slippage: measures.Fraction | undefined;
  }[];
}

/** Ten years. */
export const DAYS_MAX = 3_660;

/** Return, turnover and drawdown are an owner's alone; they come from the daily snapshots of the time. */
export async function summarizeTrading(
  db: Sql,
  filter: store.TradeFilter,
  decimals: store.Decimals,
): Promise<TradingSummary> {
  const [sums, types, portfolio] = await Promise.all([
    store.selectTradeSums(db, filter, decimals),
    store.selectFillsByType(db, filter, decimals),
    filter.ownerId === undefined || filter.instrumentId !== undefined
      ? undefined
      : readPortfolio(db, { ...filter, ownerId: filter.ownerId }),
  ]);
  const names = new Map<number, string>(Object.entries(ORDER_TYPES).map(([name, number]) => [number, name]));
  return {
    sums,
    winRate: measures.winRateOf(sums),
    turnover: portfolio === undefined ? undefined : measures.turnoverOf(portfolio.days),
    return: portfolio === undefined ? undefined : measures.returnOf(portfolio.growth),
    drawdown: portfolio === undefined ? undefined : measures.largestDrawdownOf(portfolio.growth),
    byType: types.map(({ type, orders, filledMillionths, fills }) => ({
      ...{ type: names.get(type) ?? "", orders },
      fillRate: { numerator: filledMillionths, denominator: 1_000_000n * BigInt(orders) },
      slippage: measures.slippageOf(fills),
    })),
  };
}

/** Undefined where a day's value is not known. */
async function readPortfolio(
  db: Sql,
  { ownerId, from, to }: store.TradeFilter & { readonly ownerId: string },
) {
  const [first, last] = [dayOf(from), dayOf(to - 1)];
  const snapshots = await selectSnapshots(db, { ownerId, from: first, to: last, limit: DAYS_MAX });
  const days = snapshots.toReversed().flatMap(toDay);
  if (days.length < snapshots.length || days.length === 0) return undefined;
  const before = (await selectSnapshotBefore(db, ownerId, first)) ?? 0n;
  return { days, growth: measures.growthOf(days, before) };
}

function toDay({ value, bought, sold }: Snapshot): measures.PortfolioDay[] {
  return value === null ? [] : [{ value, bought, sold }];
}

/** Of UTC. @param stamp microseconds since 1970 */
export function dayOf(stamp: number): string {
  return new Date(Math.floor(stamp / 1_000)).toISOString().slice(0, 10);
}

/** Days oldest first, the others with the most volume first. */
export const findVolumes = store.selectVolumes;

/** Newest first. Days of UTC, both included; undefined: any. */
export function findSnapshots(
  db: Sql,
  span: { readonly ownerId: string; readonly from: string | undefined; readonly to: string | undefined },
): Promise<Snapshot[]> {
  return selectSnapshots(db, { ...span, limit: DAYS_MAX });
}

export async function getReportingCurrency(db: Sql): Promise<string> {
  return (await selectGainSettings(db)).settings.reportingCurrency;
}
