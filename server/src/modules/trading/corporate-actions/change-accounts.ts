// What a corporate action does to accounts: a split changes their units and pays for fractions; a dividend pays for each unit that is
// in the account, held or not. Each account has one journal; its positions and lots follow.
import { AppError } from "../../../values/app-error.ts";
import { divideHalfUp, formatAmount } from "../../../values/money.ts";
import { type Desk, leaveRow } from "../../desk/index.ts";
import { balanceOf, ledgerError, postJournal, type TransferRequest, takeStamps } from "../../ledger/index.ts";
import { tradingError } from "../errors.ts";
import { type Instrument, sidesOf } from "../instruments/instrument.ts";
import { moneyOf, PRICE_SCALE } from "../matching/price.ts";
import { holdingOf, keepHolding, positionsOf, reportingScales } from "../positions/keep-position.ts";
import { type Ratio, sellFraction, splitHolding, splitQuantity } from "../positions/move-units.ts";
import { NEW_MOVEMENTS } from "../positions/movement-store.ts";
import { takeUnits } from "../positions/position.ts";
import { NEW_LOT_USES } from "../positions/position-store.ts";
import type { Acting, Done } from "./carry-out-action.ts";
import type { ActionEntry } from "./corporate-action.ts";

interface Step {
  readonly id: number;
  readonly instrument: Instrument;
}

/** Refuses `cash_price_missing`, `cash_account_missing`, and what the ledger does. */
export function changeAccounts(desk: Desk, acting: Acting, step: Step): Done | AppError {
  const entries: ActionEntry[] = [];
  for (const accountId of acting.ground.accountIds) {
    const entry = changeAccount(desk, acting, { ...step, accountId });
    if (entry instanceof AppError) return entry;
    if (entry !== undefined) entries.push(entry);
  }
  const cash = entries.reduce((all, entry) => all + entry.cash, 0n);
  return { accountCount: entries.length, orderCount: 0, cash, entries };
}

interface Change extends Step {
  readonly accountId: number;
}

/** Undefined where the account is empty. */
function changeAccount(desk: Desk, acting: Acting, change: Change): ActionEntry | AppError | undefined {
  const { accountId, instrument, id } = change;
  const account = desk.book.accounts.get(accountId);
  if (account === undefined) throw new Error(`account ${accountId} is not locked`);
  const { balance: unitsBefore } = balanceOf(account);
  if (unitsBefore <= 0n) return undefined;
  const { action } = acting;
  const outcome =
    action.ratio === undefined
      ? {
          unitsAfter: unitsBefore,
          cash: moneyOf(unitsBefore, action.price ?? 0n, sidesOf(desk.assets, instrument).scales),
        }
      : splitAccount(desk, acting, { ...change, unitsBefore, ratio: action.ratio });
  if (outcome instanceof AppError) return outcome;
  const { unitsAfter, cash } = outcome;
  const posted = post(desk, acting, { ...change, units: unitsAfter - unitsBefore, cash });
  if (posted instanceof AppError) return posted;
  return { actionId: id, assetAccountId: accountId, unitsBefore, unitsAfter, cash, journalId: posted };
}

/** @returns the journal's id; null where nothing moves */
function post(
  desk: Desk,
  { ground, action, actorId }: Acting,
  { accountId, instrument, id, units, cash }: Change & { units: bigint; cash: bigint },
): number | null | AppError {
  const { security, money } = sidesOf(desk.assets, instrument);
  const house = desk.assets.systemAccount(security.id, "dealing");
  const transfers: TransferRequest[] = [];
  if (units > 0n) transfers.push({ debitAccountId: house, creditAccountId: accountId, amount: units });
  if (units < 0n) transfers.push({ debitAccountId: accountId, creditAccountId: house, amount: -units });
  if (cash > 0n) {
    const owner = ground.owners.get(accountId) ?? "";
    const creditAccountId = ground.cashAccounts.get(owner);
    if (creditAccountId === undefined)
      return tradingError("cash_account_missing", { owner_id: owner, currency: money.code });
    transfers.push({
      debitAccountId: desk.assets.systemAccount(money.id, "dealing"),
      ...{ creditAccountId, amount: cash },
    });
  }
  if (transfers.length === 0) return null;
  const posted = postJournal(desk.book, {
    ...{ kind: "SYSTEM_ADJUSTMENT", actorId, transfers, owner: { type: "position", id } as const },
    reference: `${action.kind} ${action.reference}`.slice(0, 255),
  });
  if (!("refused" in posted)) return posted.id;
  return ledgerError(posted.refused, { ...posted.details, account_id: String(accountId) });
}

interface SplitChange extends Change {
  readonly unitsBefore: bigint;
  readonly ratio: Ratio;
}

/** Each position, and what came without a trade, is split on its own, and its fraction is paid. */
function splitAccount(
  desk: Desk,
  acting: Acting,
  change: SplitChange,
): { unitsAfter: bigint; cash: bigint } | AppError {
  const { accountId, ratio, unitsBefore } = change;
  dropMissing(desk, acting, change);
  const positions = positionsOf(desk, accountId).positions.filter(({ quantity }) => quantity > 0n);
  const inPositions = positions.reduce((all, { quantity }) => all + quantity, 0n);
  const other = splitQuantity(unitsBefore - inPositions, ratio);
  const paid = cashOf(desk, acting, { ...change, rest: other.rest, currency: change.instrument.currency });
  if (paid instanceof AppError) return paid;
  let [unitsAfter, cash] = [other.whole, paid];
  for (const { currency } of positions) {
    const split = splitPosition(desk, acting, { ...change, currency });
    if (split instanceof AppError) return split;
    unitsAfter += split.quantity;
    cash += split.cash;
  }
  return { unitsAfter, cash };
}

/** Units that left the account without a trade are in no lot any more. */
function dropMissing(
  desk: Desk,
  { actorId }: Acting,
  { accountId, instrument, id, unitsBefore }: SplitChange,
): void {
  const { asset } = instrument;
  for (const { currency, ownerId } of positionsOf(desk, accountId).positions) {
    const known = positionsOf(desk, accountId);
    const missing = known.positions.reduce((all, { quantity }) => all + quantity, 0n) - unitsBefore;
    if (missing <= 0n) return;
    const { basis } = known.settings;
    const holding = holdingOf(known, { assetAccountId: accountId, ownerId, instrument: { asset, currency } });
    const taken = takeUnits(holding, { quantity: missing, basis });
    if (taken.quantity === 0n) continue;
    const movementId = takeStamps(desk.book, 1);
    keepHolding(desk, taken);
    for (const use of taken.uses) leaveRow(desk, NEW_LOT_USES, { ...use, usedBy: movementId });
    leaveRow(desk, NEW_MOVEMENTS, {
      ...{
        id: movementId,
        assetAccountId: accountId,
        currency,
        kind: "missing",
        quantity: taken.quantity,
        basis,
      },
      ...{ transferId: id, actorId },
    });
  }
}

function splitPosition(
  desk: Desk,
  acting: Acting,
  change: SplitChange & { readonly currency: string },
): { quantity: bigint; cash: bigint } | AppError {
  const { accountId, currency, instrument, ratio, id } = change;
  const known = positionsOf(desk, accountId);
  const { basis } = known.settings;
  const ownerId = acting.ground.owners.get(accountId) ?? "";
  const key = { assetAccountId: accountId, ownerId, instrument: { asset: instrument.asset, currency } };
  const holding = holdingOf(known, key);
  const split = splitHolding(holding, ratio, basis);
  const cash = cashOf(desk, acting, { ...change, rest: split.fraction.quantity });
  if (cash instanceof AppError) return cash;
  const rate = known.rates.get(currency) ?? null;
  const sold = sellFraction(split, { cash, rate }, reportingScales(desk, known, currency));
  keepHolding(desk, { holding: sold.holding, changed: split.changed });
  const movementId = takeStamps(desk.book, 1);
  leaveRow(desk, NEW_MOVEMENTS, {
    ...{ id: movementId, assetAccountId: accountId, currency, kind: "split", basis, rate, cash, ...ratio },
    ...{ quantity: holding.position.quantity, transferId: id, actorId: acting.actorId },
  });
  return { quantity: sold.holding.position.quantity, cash };
}

/** What is paid for a fraction, in the currency of the action. */
function cashOf(
  desk: Desk,
  { action }: Acting,
  { rest, ratio, instrument, currency, accountId }: SplitChange & { rest: bigint; currency: string },
): bigint | AppError {
  if (rest === 0n) return 0n;
  const { security, scales } = sidesOf(desk.assets, instrument);
  const { price } = action;
  if (price === undefined || currency !== instrument.currency)
    return tradingError("cash_price_missing", {
      message: `Account ${accountId} has a fraction in ${currency}: ${formatAmount(rest, security.scale)}/${ratio.denominator} of a unit.`,
      fields: [{ field: "price", reason: `is missing, or not in ${currency}` }],
    });
  return divideHalfUp(
    rest * price * 10n ** BigInt(scales.money),
    ratio.denominator * 10n ** BigInt(PRICE_SCALE + scales.asset),
  );
}
