// A position: how much trading has put into an account of an asset, and what that cost, lot by lot. A purchase makes a lot with its
// cost, its date and the exchange rate of that moment. A sale takes units out of lots: by average cost, first in first out, or of
// chosen lots. Units that came into the account otherwise are in no lot, and selling them brings no gain. Pure.
//
// Always: a position's quantity is that of its open lots, and its cost is that of the pool and of the lots outside of it. A sale by
// average cost puts all open lots into the pool: from then on each unit in it has cost the same.
import { convertAmount, divideHalfUp, parseDecimal, smaller } from "../../../values/money.ts";
import type { Side } from "../matching/meet-quote.ts";
import type { Scales } from "../matching/price.ts";

export const BASES = { average: 1, fifo: 2, lots: 3 } as const;
/** How a sale finds what was sold had cost: `lots` are those that the order chose. */
export type Basis = keyof typeof BASES;

/** A part of a position that came at one moment. Money in the currency's smallest unit, quantities in the asset's. */
export interface Lot {
  /** Stamp: later than those of all lots of the account before it. */
  readonly id: number;
  readonly assetAccountId: number;
  readonly currency: string;
  readonly isBought: boolean;
  /** Stamp: when its owner acquired it, also if it came from another account. */
  readonly acquiredAt: number;
  readonly quantity: bigint;
  readonly remaining: bigint;
  /** The cost of what remains, fees included; of a lot in the pool it is the pool that counts. */
  readonly cost: bigint;
  /** Decimal text: how much of the reporting currency one of the currency was then; null: no rate was known. */
  readonly rate: string | null;
  /** The same cost in the reporting currency at that rate. */
  readonly costReporting: bigint | null;
}

export interface Position {
  readonly assetAccountId: number;
  readonly currency: string;
  readonly asset: string;
  readonly ownerId: string;
  readonly quantity: bigint;
  /** The cost of the quantity, fees included. */
  readonly cost: bigint;
  readonly costReporting: bigint | null;
  readonly realized: bigint;
  /** In the reporting currency, each side at the rate of its trade; null: a rate was missing once. */
  readonly realizedReporting: bigint | null;
  /** Of it what the exchange rate brought: the cost at the sale's rate, less the cost at the purchase's. */
  readonly currencyGain: bigint | null;
  readonly fees: bigint;
  /** Lots up to this id are in the pool. */
  readonly pooledUntil: number;
  readonly pooledQuantity: bigint;
  readonly pooledCost: bigint;
  readonly pooledReporting: bigint | null;
  readonly version: number;
}

/** A position with its open lots, the oldest acquired first. */
export interface Holding {
  readonly position: Position;
  readonly lots: readonly Lot[];
}

export function emptyHolding(
  key: Pick<Position, "assetAccountId" | "currency" | "asset" | "ownerId">,
): Holding {
  const sums = { quantity: 0n, cost: 0n, costReporting: 0n, realized: 0n, fees: 0n, version: 0 };
  const gains = { realizedReporting: 0n, currencyGain: 0n };
  const pool = { pooledUntil: 0, pooledQuantity: 0n, pooledCost: 0n, pooledReporting: 0n };
  return { position: { ...key, ...sums, ...gains, ...pool }, lots: [] };
}

/** How many open lots a position has at most: what is bought beyond joins the newest one. */
export const OPEN_LOTS_MAX = 1_000;

export type NewLot = Pick<
  Lot,
  "id" | "isBought" | "acquiredAt" | "quantity" | "cost" | "rate" | "costReporting"
>;

/** @returns the holding with the lot, and the lot that is to be saved */
export function addLot({ position, lots }: Holding, lot: NewLot): { holding: Holding; saved: Lot } {
  const { assetAccountId, currency } = position;
  const newest = lots.length >= OPEN_LOTS_MAX ? lots.at(-1) : undefined;
  const own: Lot = { ...lot, assetAccountId, currency, remaining: lot.quantity };
  const saved = newest === undefined ? own : join(newest, own);
  const isPooled = saved.id <= position.pooledUntil;
  const pool = isPooled
    ? {
        pooledQuantity: position.pooledQuantity + lot.quantity,
        pooledCost: position.pooledCost + lot.cost,
        pooledReporting: plus(position.pooledReporting, lot.costReporting),
      }
    : {};
  const open = newest === undefined ? inOrder([...lots, saved]) : [...lots.slice(0, -1), saved];
  const [quantity, cost] = [position.quantity + lot.quantity, position.cost + lot.cost];
  const next = { ...position, ...pool, quantity, cost, version: position.version + 1 };
  return { holding: withReporting({ position: next, lots: open }), saved };
}

function join(lot: Lot, more: Lot): Lot {
  return {
    ...lot,
    quantity: lot.quantity + more.quantity,
    remaining: lot.remaining + more.remaining,
    cost: lot.cost + more.cost,
    costReporting: plus(lot.costReporting, more.costReporting),
  };
}

export interface ChosenLot {
  readonly lotId: number;
  readonly quantity: bigint;
}

export interface LotUse {
  readonly lotId: number;
  readonly quantity: bigint;
  readonly cost: bigint;
  readonly costReporting: bigint | null;
  /** Stamp: when the lot was acquired, and at what rate. */
  readonly acquiredAt: number;
  readonly rate: string | null;
}

export interface Taken {
  readonly holding: Holding;
  /** At most the position's: the rest came without a trade. */
  readonly quantity: bigint;
  readonly cost: bigint;
  readonly costReporting: bigint | null;
  readonly uses: readonly LotUse[];
  /** The lots as they are then, used up ones included. */
  readonly changed: readonly Lot[];
}

export interface Taking {
  readonly quantity: bigint;
  readonly basis: Basis;
  /** With basis `lots`; what they do not have comes from the oldest. */
  readonly chosen?: readonly ChosenLot[];
}

/**
 * Takes units out of lots with their cost. By average cost a unit has cost what the units have cost on average (the "average cost
 * method", IRS Publication 550, "Cost Basis"; the lots are used up oldest first); otherwise what its own lot has.
 */
export function takeUnits(holding: Holding, { quantity, basis, chosen = [] }: Taking): Taken {
  const known = smaller(quantity, holding.position.quantity);
  const parts = pickParts(holding.lots, known, basis === "lots" ? chosen : []);
  const pooled = basis === "average" && known > 0n ? poolAll(holding) : holding;
  let { pooledQuantity, pooledCost, pooledReporting } = pooled.position;
  const uses: LotUse[] = [];
  const changed = new Map<number, Lot>();
  for (const { lot, quantity: part } of parts) {
    const isPooled = lot.id <= pooled.position.pooledUntil;
    const [whole, wholeCost, wholeReporting] = isPooled
      ? [pooledQuantity, pooledCost, pooledReporting]
      : [lot.remaining, lot.cost, lot.costReporting];
    const cost = shareOf(wholeCost, part, whole);
    const reporting = wholeReporting === null ? null : shareOf(wholeReporting, part, whole);
    if (isPooled) {
      pooledQuantity -= part;
      pooledCost -= cost;
      pooledReporting = minus(pooledReporting, reporting);
    }
    const { acquiredAt, rate } = lot;
    uses.push({ lotId: lot.id, quantity: part, cost, costReporting: reporting, acquiredAt, rate });
    changed.set(lot.id, reduce(lot, part, isPooled ? undefined : { cost, reporting }));
  }
  const cost = sum(uses, (use) => use.cost);
  const left = holding.position.quantity - known;
  const position = {
    ...pooled.position,
    ...{ quantity: left, cost: holding.position.cost - cost, version: holding.position.version + 1 },
    ...{ pooledQuantity, pooledCost, pooledReporting: pooledQuantity === 0n ? 0n : pooledReporting },
    pooledUntil: left === 0n ? 0 : pooled.position.pooledUntil,
  };
  const lots = holding.lots
    .map((lot) => changed.get(lot.id) ?? lot)
    .filter(({ remaining }) => remaining > 0n);
  const costReporting = uses.reduce<bigint | null>((all, use) => plus(all, use.costReporting), 0n);
  const next = withReporting({ position, lots });
  return { holding: next, quantity: known, cost, costReporting, uses, changed: [...changed.values()] };
}

interface PartOfLot {
  readonly lot: Lot;
  readonly quantity: bigint;
}

/** Of the chosen lots first, then of the oldest. */
function pickParts(lots: readonly Lot[], wanted: bigint, chosen: readonly ChosenLot[]): PartOfLot[] {
  const picked = new Map<number, bigint>();
  let left = wanted;
  const pick = (lot: Lot, most: bigint) => {
    const before = picked.get(lot.id) ?? 0n;
    const part = smaller(smaller(most, lot.remaining - before), left);
    if (part <= 0n) return;
    picked.set(lot.id, before + part);
    left -= part;
  };
  for (const { lotId, quantity } of chosen) for (const lot of lots) if (lot.id === lotId) pick(lot, quantity);
  for (const lot of lots) pick(lot, lot.remaining);
  if (left > 0n) throw new Error(`a position of ${wanted} has lots of ${wanted - left}`);
  return lots.flatMap((lot) => {
    const quantity = picked.get(lot.id);
    return quantity === undefined ? [] : [{ lot, quantity }];
  });
}

function poolAll({ position, lots }: Holding): Holding {
  const { quantity: pooledQuantity, cost: pooledCost, costReporting: pooledReporting } = position;
  const pooledUntil = lots.reduce((latest, { id }) => Math.max(latest, id), position.pooledUntil);
  return { lots, position: { ...position, pooledUntil, pooledQuantity, pooledCost, pooledReporting } };
}

/** A lot in the pool keeps its own cost for the record, reduced in proportion. */
function reduce(lot: Lot, part: bigint, own?: { cost: bigint; reporting: bigint | null }): Lot {
  const cost = own?.cost ?? shareOf(lot.cost, part, lot.remaining);
  const share = lot.costReporting === null ? null : shareOf(lot.costReporting, part, lot.remaining);
  const reporting = own === undefined ? share : own.reporting;
  const costReporting = minus(lot.costReporting, reporting);
  return { ...lot, remaining: lot.remaining - part, cost: lot.cost - cost, costReporting };
}

/** What a lot has cost as things are: in the pool its share of it. */
export function costOfLot(
  { position }: Pick<Holding, "position">,
  lot: Lot,
): Pick<Lot, "cost" | "costReporting"> {
  const { pooledUntil, pooledQuantity, pooledCost, pooledReporting } = position;
  if (lot.id > pooledUntil || pooledQuantity === 0n) return lot;
  return {
    cost: shareOf(pooledCost, lot.remaining, pooledQuantity),
    costReporting: pooledReporting === null ? null : shareOf(pooledReporting, lot.remaining, pooledQuantity),
  };
}

export interface PositionFill {
  readonly id: number;
  readonly side: Side;
  readonly quantity: bigint;
  readonly money: bigint;
  readonly fee: bigint;
  /** The latest rate to the reporting currency. */
  readonly rate: string | null;
  /** Of a sale. */
  readonly basis: Basis;
  readonly chosen?: readonly ChosenLot[];
}

/** Decimals of the currency and of the reporting currency. */
export interface ReportingScales {
  readonly from: number;
  readonly to: number;
}

export interface Applied {
  readonly holding: Holding;
  readonly realized: bigint;
  readonly realizedReporting: bigint | null;
  /** The part of it that the exchange rate brought; the rest is the price's. */
  readonly currencyGain: bigint | null;
  readonly uses: readonly LotUse[];
  /** The lots to be saved. */
  readonly changed: readonly Lot[];
}

/**
 * A purchase is a lot of its own. A sale takes its cost out of the lots, and its gain is what it brought less that. In the reporting
 * currency each side counts at the rate of its own trade, so gain = price part + currency part: the currency part is the cost at
 * the sale's rate less the cost at the purchase's, the price part is the gain at the sale's rate.
 */
export function applyFill(holding: Holding, fill: PositionFill, scales: ReportingScales): Applied {
  const { id, side, quantity, money, fee, rate } = fill;
  if (side === "sell") return applySale(holding, fill, scales);
  const cost = money + fee;
  const costReporting = convert(cost, rate, scales);
  const added = addLot(holding, { id, isBought: true, acquiredAt: id, quantity, cost, rate, costReporting });
  const position = { ...added.holding.position, fees: holding.position.fees + fee };
  const none = { realized: 0n, realizedReporting: 0n, currencyGain: 0n, uses: [] };
  return { holding: { ...added.holding, position }, changed: [added.saved], ...none };
}

function applySale(holding: Holding, fill: PositionFill, scales: ReportingScales): Applied {
  const { quantity, money, fee, rate } = fill;
  const taken = takeUnits(holding, fill);
  const proceeds = divideHalfUp((money - fee) * taken.quantity, quantity);
  const realized = proceeds - taken.cost;
  const gains = gainOf({ proceeds, cost: taken.cost, costReporting: taken.costReporting, rate }, scales);
  const { position } = taken.holding;
  const next = {
    ...position,
    realized: position.realized + realized,
    realizedReporting: plus(position.realizedReporting, gains.reporting),
    currencyGain: plus(position.currencyGain, gains.currencyGain),
    fees: position.fees + fee,
  };
  return {
    holding: { ...taken.holding, position: next },
    ...{ realized, realizedReporting: gains.reporting, currencyGain: gains.currencyGain },
    ...{ uses: taken.uses, changed: taken.changed },
  };
}

export interface Gain {
  readonly reporting: bigint | null;
  readonly currencyGain: bigint | null;
}

/** The gain in the reporting currency; null where a rate is missing. `costReporting` is the cost at its own rates. */
export function gainOf(
  sale: { proceeds: bigint; cost: bigint; costReporting: bigint | null; rate: string | null },
  scales: ReportingScales,
): Gain {
  const brought = convert(sale.proceeds, sale.rate, scales);
  const costNow = convert(sale.cost, sale.rate, scales);
  return {
    reporting: minus(brought, sale.costReporting),
    currencyGain: minus(costNow, sale.costReporting),
  };
}

/** Rounded half to even, as exchanges are. Null where the rate is not known. */
export function convert(money: bigint, rate: string | null, scales: ReportingScales): bigint | null {
  const decimal = rate === null ? undefined : parseDecimal(rate);
  if (decimal === undefined) return null;
  return money < 0n ? -convertAmount(-money, decimal, scales) : convertAmount(money, decimal, scales);
}

export function unitsOf({ money }: Pick<Scales, "money">, reporting: number): ReportingScales {
  return { from: money, to: reporting };
}

/** The oldest acquired first; of one moment the one that came first. */
export function inOrder(lots: readonly Lot[]): Lot[] {
  return lots.toSorted((a, b) => a.acquiredAt - b.acquiredAt || a.id - b.id);
}

function withReporting({ position, lots }: Holding): Holding {
  const pool = position.pooledQuantity === 0n ? 0n : position.pooledReporting;
  const own = lots.filter(({ id }) => id > position.pooledUntil);
  const costReporting = own.reduce<bigint | null>((all, lot) => plus(all, lot.costReporting), pool);
  return { lots, position: { ...position, costReporting } };
}

/** Rounded half up. */
export function shareOf(amount: bigint, part: bigint, whole: bigint): bigint {
  return part === whole ? amount : divideHalfUp(amount * part, whole);
}

export function plus(a: bigint | null, b: bigint | null): bigint | null {
  return a === null || b === null ? null : a + b;
}

export function minus(a: bigint | null, b: bigint | null): bigint | null {
  return a === null || b === null ? null : a - b;
}

function sum<Item>(items: readonly Item[], amountOf: (item: Item) => bigint): bigint {
  return items.reduce((all, item) => all + amountOf(item), 0n);
}
