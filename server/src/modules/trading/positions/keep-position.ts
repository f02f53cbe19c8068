// Keeps the position, its lots and what a sale took out of them, at the desk, in the commit of the fill.
import { type Desk, leaveRow, setRow } from "../../desk/index.ts";
import type { Instrument } from "../instruments/instrument.ts";
import { type Applied, applyFill, emptyHolding, type Holding, type PositionFill } from "./position.ts";
import {
  type AccountPositions,
  NEW_LOT_USES,
  POSITIONS,
  SAVED_LOTS,
  SAVED_POSITIONS,
} from "./position-store.ts";

export interface PositionKey {
  readonly assetAccountId: number;
  readonly ownerId: string;
  readonly instrument: Pick<Instrument, "asset" | "currency">;
}

export interface KeptFill extends Pick<Applied, "realized" | "realizedReporting" | "currencyGain"> {
  readonly rate: string | null;
  /** Null for a purchase. */
  readonly basis: PositionFill["basis"] | null;
}

/** Applies a fill: by the lots that the order chose, or as gains are counted here. */
export function keepFill(desk: Desk, key: PositionKey, fill: Omit<PositionFill, "rate" | "basis">): KeptFill {
  const known = positionsOf(desk, key.assetAccountId);
  const { settings, rates } = known;
  const { currency } = key.instrument;
  const rate = rates.get(currency) ?? null;
  const basis = fill.chosen === undefined || fill.chosen.length === 0 ? settings.basis : "lots";
  const applied = applyFill(
    holdingOf(known, key),
    { ...fill, rate, basis },
    reportingScales(desk, known, currency),
  );
  keepHolding(desk, { holding: applied.holding, changed: applied.changed });
  for (const use of applied.uses) leaveRow(desk, NEW_LOT_USES, { ...use, usedBy: fill.id });
  const { realized, realizedReporting, currencyGain } = applied;
  return { realized, realizedReporting, currencyGain, rate, basis: fill.side === "sell" ? basis : null };
}

/** As the earlier commands of the batch left them. */
export function positionsOf(desk: Desk, assetAccountId: number): AccountPositions {
  const known = desk.rows.of(POSITIONS).get(assetAccountId);
  if (known === undefined) throw new Error(`the positions of account ${assetAccountId} were not read`);
  return known;
}

export function holdingOf(
  known: AccountPositions,
  { assetAccountId, ownerId, instrument }: PositionKey,
): Holding {
  const { asset, currency } = instrument;
  const position = known.positions.find((each) => each.currency === currency);
  if (position === undefined) return emptyHolding({ assetAccountId, currency, asset, ownerId });
  return { position, lots: known.lots.filter((lot) => lot.currency === currency) };
}

/** Saves a position and those of its lots that changed, for the later commands of the batch too. */
export function keepHolding(
  desk: Desk,
  { holding, changed }: { readonly holding: Holding; readonly changed: Applied["changed"] },
): void {
  const { position, lots } = holding;
  const known = positionsOf(desk, position.assetAccountId);
  const isOther = ({ currency }: { readonly currency: string }) => currency !== position.currency;
  const next = {
    ...known,
    positions: [...known.positions.filter(isOther), position],
    lots: [...known.lots.filter(isOther), ...lots],
  };
  setRow(desk, POSITIONS, [position.assetAccountId, next]);
  leaveRow(desk, SAVED_POSITIONS, position);
  for (const lot of changed) leaveRow(desk, SAVED_LOTS, lot);
}

export function reportingScales(
  desk: Pick<Desk, "assets">,
  { settings }: AccountPositions,
  currency: string,
) {
  const scaleOf = (code: string) => {
    const asset = desk.assets.byCode(code);
    if (asset === undefined) throw new Error(`${code} is unknown`);
    return asset.scale;
  };
  return { from: scaleOf(currency), to: scaleOf(settings.reportingCurrency) };
}
