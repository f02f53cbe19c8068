// What changes a position without a trade: units that are sent elsewhere or received with their cost and date, and a split. None
// of it brings a gain, except what is paid for a fraction of a unit. Pure.
import {
  type Basis,
  type Gain,
  gainOf,
  type Holding,
  inOrder,
  type Lot,
  minus,
  plus,
  type ReportingScales,
  shareOf,
  type Taken,
  takeUnits,
} from "./position.ts";

/** New units for old ones. */
export interface Ratio {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

export interface Split {
  readonly holding: Holding;
  readonly changed: readonly Lot[];
  /** The fraction of a unit that cannot stay, in `denominator`ths of a new one, with its cost. */
  readonly fraction: Taken;
}

/** The whole units that a quantity becomes, and what is left in `denominator`ths of one. */
export function splitQuantity(quantity: bigint, { numerator, denominator }: Ratio) {
  const fine = quantity * numerator;
  return { whole: fine / denominator, rest: fine % denominator };
}

/**
 * Splits a position: its cost stays but for the fraction's, its lots keep their dates. Quantities are counted in `denominator`ths of
 * a new unit meanwhile; what a lot has beyond whole units goes on to the next lot, with its cost.
 */
export function splitHolding(holding: Holding, ratio: Ratio, basis: Basis): Split {
  const { numerator, denominator } = ratio;
  const { rest } = splitQuantity(holding.position.quantity, ratio);
  const fraction = takeUnits(refine(holding, numerator), { quantity: rest, basis });
  const left = new Map(fraction.holding.lots.map((lot) => [lot.id, lot]));
  let { pooledCost, pooledReporting } = fraction.holding.position;
  let pooledFine = fraction.holding.position.pooledQuantity;
  let pooledQuantity = 0n;
  const { pooledUntil } = fraction.holding.position;
  const isPooled = ({ id }: Lot) => pooledUntil > 0 && id <= pooledUntil;
  let carried: Carried = { fine: 0n, cost: 0n, reporting: 0n };
  const changed = holding.lots.map((old): Lot => {
    const lot = left.get(old.id);
    if (lot === undefined) return { ...old, quantity: scaled(old, ratio), remaining: 0n, ...NOTHING };
    const fine = lot.remaining + carried.fine;
    const [whole, over] = [fine / denominator, fine % denominator];
    if (isPooled(lot)) {
      pooledFine += carried.fine;
      pooledCost += carried.cost;
      pooledReporting = plus(pooledReporting, carried.reporting);
      const [cost, reporting] = [
        shareOf(pooledCost, over, pooledFine),
        shareOrNull(pooledReporting, over, pooledFine),
      ];
      carried = { fine: over, cost, reporting };
      pooledFine -= over;
      pooledCost -= cost;
      pooledReporting = minus(pooledReporting, reporting);
      pooledQuantity += whole;
      return { ...lot, quantity: atLeast(whole, scaled(old, ratio)), remaining: whole };
    }
    const [cost, reporting] = [lot.cost + carried.cost, plus(lot.costReporting, carried.reporting)];
    carried = { fine: over, cost: shareOf(cost, over, fine), reporting: shareOrNull(reporting, over, fine) };
    return {
      ...lot,
      quantity: atLeast(whole, scaled(old, ratio)),
      remaining: whole,
      cost: cost - carried.cost,
      costReporting: minus(reporting, carried.reporting),
    };
  });
  if (carried.fine !== 0n) throw new Error("a split left a fraction in the lots");
  const open = inOrder(changed.filter(({ remaining }) => remaining > 0n));
  const { position } = fraction.holding;
  const next = {
    ...position,
    ...{ quantity: position.quantity / denominator, pooledQuantity, pooledCost, pooledReporting },
    pooledUntil: pooledQuantity === 0n ? 0 : pooledUntil,
    version: holding.position.version + 1,
  };
  return { holding: { position: next, lots: open }, changed, fraction };
}

export interface SoldFraction extends Gain {
  readonly holding: Holding;
  readonly realized: bigint;
}

/** What is paid for the fraction, in smallest units, is a sale of it; without cash its cost is lost. */
export function sellFraction(
  { holding, fraction }: Pick<Split, "holding" | "fraction">,
  { cash, rate }: { readonly cash: bigint; readonly rate: string | null },
  scales: ReportingScales,
): SoldFraction {
  const { cost, costReporting, quantity } = fraction;
  if (quantity === 0n) return { holding, realized: 0n, reporting: 0n, currencyGain: 0n };
  const gain = gainOf({ proceeds: cash, cost, costReporting, rate }, scales);
  const realized = cash - cost;
  const { position } = holding;
  const sold = {
    ...position,
    realized: position.realized + realized,
    realizedReporting: plus(position.realizedReporting, gain.reporting),
    currencyGain: plus(position.currencyGain, gain.currencyGain),
  };
  return { holding: { ...holding, position: sold }, realized, ...gain };
}

interface Carried {
  readonly fine: bigint;
  readonly cost: bigint;
  readonly reporting: bigint | null;
}

const NOTHING = { cost: 0n, costReporting: 0n } as const;

/** In smaller units, so that a new unit is a whole number of them. */
function refine({ position, lots }: Holding, factor: bigint): Holding {
  return {
    position: {
      ...position,
      quantity: position.quantity * factor,
      pooledQuantity: position.pooledQuantity * factor,
    },
    lots: lots.map((lot) => ({ ...lot, remaining: lot.remaining * factor })),
  };
}

/** What was acquired, in new units; at least one, as a lot's quantity is. */
function scaled({ quantity }: Lot, ratio: Ratio): bigint {
  return atLeast(1n, splitQuantity(quantity, ratio).whole);
}

function atLeast(least: bigint, value: bigint): bigint {
  return value < least ? least : value;
}

function shareOrNull(amount: bigint | null, part: bigint, whole: bigint): bigint | null {
  return amount === null ? null : shareOf(amount, part, whole);
}
