// Verifies positions and their lots: both follow from playing all trades of an account once more, one after another.
import type { Tx } from "../../../runtime/transaction.ts";
import { type Difference, tellBoth } from "../../../values/difference.ts";
import type { Assets } from "../../ledger/index.ts";
import { sellFraction, splitHolding } from "../positions/move-units.ts";
import { MOVEMENT_KINDS } from "../positions/movement-store.ts";
import {
  addLot,
  applyFill,
  type Basis,
  emptyHolding,
  type Holding,
  type Lot,
  type ReportingScales,
  takeUnits,
} from "../positions/position.ts";
import { selectGainSettings } from "../positions/position-store.ts";
import { basisOf, sideOf } from "../trade-orders/trade-order-store.ts";
import { type PastEvent, selectTradedAccounts, type TradedAccount } from "./verify-positions-store.ts";

export type PositionDifference = Difference<"trade_positions" | "trade_lots", "accountId">;

const ACCOUNTS_PER_PAGE = 500;

/** Locks nothing. The first account whose position or lots are not what was traded. */
export async function checkPositions(tx: Tx, assets: Assets): Promise<PositionDifference | undefined> {
  const { settings } = await selectGainSettings(tx.sql);
  for (let afterId = 0; ; ) {
    const accounts = await selectTradedAccounts(tx, { afterId, limit: ACCOUNTS_PER_PAGE });
    for (const account of accounts) {
      const { assetAccountId: accountId, currency } = account;
      const played = playThrough(account, scalesOf(assets, account, settings.reportingCurrency));
      const sides = { expected: played, stored: { position: account.position ?? "", lots: account.lots } };
      const position = { expected: sides.expected.position, stored: sides.stored.position };
      if (position.expected !== position.stored) {
        const what = `the position of account ${accountId} in ${currency} is not what was traded (quantity, cost, gain and fees, smallest units)`;
        return { check: "trade_positions", what, accountId, ...tellBoth(position, (told) => told) };
      }
      const lots = { expected: sides.expected.lots.join(", "), stored: sides.stored.lots.join(", ") };
      if (lots.expected === lots.stored) continue;
      const what = `the lots of account ${accountId} in ${currency} are not what was traded (id, what remains and its cost)`;
      return { check: "trade_lots", what, accountId, ...tellBoth(lots, (told) => told) };
    }
    if (accounts.length === 0) return undefined;
    afterId = accounts.at(-1)?.assetAccountId ?? 0;
  }
}

function scalesOf(assets: Assets, { currency }: TradedAccount, reporting: string) {
  const scale = (code: string) => assets.byCode(code)?.scale ?? 0;
  return { from: scale(currency), to: scale(reporting) };
}

function playThrough(account: TradedAccount, scales: ReportingScales) {
  const { assetAccountId, currency } = account;
  let holding: Holding = emptyHolding({ assetAccountId, currency, asset: "", ownerId: "" });
  const lots = new Map<number, Lot>();
  for (const event of account.history) {
    const played = playOne(holding, event, scales);
    holding = played.holding;
    for (const lot of played.changed) lots.set(lot.id, lot);
  }
  const { position } = holding;
  const orNone = (value: bigint | null) => (value === null ? "-" : String(value));
  const told = [
    ...[position.quantity, position.cost, orNone(position.costReporting), position.realized],
    ...[orNone(position.realizedReporting), orNone(position.currencyGain), position.fees],
  ];
  const kept = [...lots.values()].sort((a, b) => a.id - b.id);
  return {
    position: account.history.length === 0 ? "" : told.join(" "),
    lots: kept.map((lot) => [lot.id, lot.remaining, lot.cost, orNone(lot.costReporting)].join(" ")),
  };
}

interface Played {
  readonly holding: Holding;
  readonly changed: readonly Lot[];
}

function playOne(holding: Holding, event: PastEvent, scales: ReportingScales): Played {
  const { id, side, quantity, uses: chosen } = event;
  const basis = event.basis === null ? "average" : basisOf(event.basis);
  if (side !== null) return applyFill(holding, { ...event, side: sideOf(side), basis, chosen }, scales);
  if (event.kind === MOVEMENT_KINDS.split) return playSplit(holding, event, { basis, scales });
  if (event.kind !== MOVEMENT_KINDS.received) return takeUnits(holding, { quantity, basis, chosen });
  const { money: cost, costReporting, acquiredAt, rate } = event;
  const added = addLot(holding, { id, isBought: false, acquiredAt, quantity, cost, rate, costReporting });
  return { holding: added.holding, changed: [added.saved] };
}

function playSplit(
  holding: Holding,
  event: PastEvent,
  { basis, scales }: { basis: Basis; scales: ReportingScales },
): Played {
  const split = splitHolding(holding, event, basis);
  return {
    holding: sellFraction(split, { cash: event.money, rate: event.rate }, scales).holding,
    changed: split.changed,
  };
}
