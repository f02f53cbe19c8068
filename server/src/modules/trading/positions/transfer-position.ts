// Transfers units with their lots: to another account, to the outside, or in from it. The cost, the date and the exchange rate of
// each lot go along, so nothing is gained by it, and the books move in the same commit.

import { inReadTransaction } from "../../../runtime/transaction.ts";
import { type Actor, actsForAll } from "../../../values/actor.ts";
import { AppError } from "../../../values/app-error.ts";
import { formatAmount } from "../../../values/money.ts";
import { findOwners } from "../../banking/index.ts";
import type { BookCommand, CommandOutcome, Decision, Desk } from "../../desk/index.ts";
import { leaveRow, tellEvent } from "../../desk/index.ts";
import { type Asset, allOrNothing, ledgerError, postJournal, takeStamps } from "../../ledger/index.ts";
import { tradingError } from "../errors.ts";
import type { TradingCaller, TradingServices } from "../services.ts";
import { holdingOf, keepHolding, positionsOf, reportingScales } from "./keep-position.ts";
import { NEW_MOVEMENTS } from "./movement-store.ts";
import { addLot, type ChosenLot, convert, type LotUse, takeUnits } from "./position.ts";
import { NEW_LOT_USES, POSITIONS } from "./position-store.ts";

/** Amounts in smallest units. */
export interface PositionTransfer {
  /** Undefined: in from the outside. */
  readonly fromAccountId: number | undefined;
  /** Undefined: to the outside. */
  readonly toAccountId: number | undefined;
  readonly asset: Asset;
  /** Of the position. */
  readonly currency: string;
  readonly quantity: bigint;
  readonly lots: readonly ChosenLot[] | undefined;
  /** What comes in has cost this, was acquired then, at this exchange rate to the reporting currency. */
  readonly acquired:
    | { readonly cost: bigint; readonly at: number; readonly rate: string | undefined }
    | undefined;
  readonly reference: string | undefined;
}

/** One for each lot, and as many again. */
const LOTS_MAX = 1_000;
const STAMPS = 8;

/**
 * Customers transfer between accounts of their own; the rest is for staff. Locks the accounts. Refuses `position_too_small`,
 * `lot_not_open`, and what the ledger does. @throws AppError `not_found/account_not_found`, `forbidden/forbidden`
 */
export async function transferPosition(
  services: TradingServices,
  caller: TradingCaller,
  transfer: PositionTransfer,
): Promise<CommandOutcome> {
  const owners = await findParties(services, caller.actor, transfer);
  const { fromAccountId, toAccountId, asset } = transfer;
  const world = services.assets.systemAccount(asset.id, "world");
  const accountIds = [fromAccountId, toAccountId].filter((id) => id !== undefined);
  const command: BookCommand = {
    event: "position.transfer",
    ...caller,
    scope: { accountIds: [...accountIds, world], stampCount: LOTS_MAX + STAMPS },
    needs: [{ reader: POSITIONS, ids: accountIds }],
    decide: (desk) => decide(desk, { transfer, owners, actor: caller.actor }),
  };
  return services.desk.submit(command);
}

async function findParties(
  { db }: TradingServices,
  actor: Actor,
  { fromAccountId, toAccountId }: PositionTransfer,
): Promise<ReadonlyMap<number, string>> {
  const ids = [fromAccountId, toAccountId].filter((id) => id !== undefined);
  const owners = await inReadTransaction(db, (tx) => findOwners(tx, ids));
  for (const id of ids) {
    const owner = owners.get(id);
    if (owner === undefined || (!actsForAll(actor) && owner !== actor.id))
      throw ledgerError("account_not_found", { account_id: String(id) });
  }
  if (ids.length < 2 && !actsForAll(actor))
    throw new AppError("forbidden", "forbidden", {
      message: "staff transfers positions from and to the outside; your own accounts you name both",
    });
  return owners;
}

interface Transferring {
  readonly transfer: PositionTransfer;
  readonly owners: ReadonlyMap<number, string>;
  readonly actor: Actor;
}

function decide(desk: Desk, transferring: Transferring): Decision | AppError {
  return allOrNothing<Decision | AppError>(desk.book, {
    decide: () => move(desk, transferring),
    failed: (outcome) => outcome instanceof AppError,
  });
}

function move(desk: Desk, { transfer, owners, actor }: Transferring): Decision | AppError {
  const { fromAccountId, toAccountId, asset, quantity, currency, reference } = transfer;
  const world = desk.assets.systemAccount(asset.id, "world");
  const id = takeStamps(desk.book, 1);
  for (const accountId of [fromAccountId, toAccountId]) {
    const account = accountId === undefined ? undefined : desk.book.accounts.get(accountId);
    if (account !== undefined && account.assetId !== asset.id) return ledgerError("asset_mismatch");
  }
  const kind = fromAccountId === undefined ? "DEPOSIT" : toAccountId === undefined ? "WITHDRAW" : "TRANSFER";
  const posted = postJournal(desk.book, {
    ...{ kind, actorId: actor.id, reference, owner: { type: "position", id } as const },
    transfers: [
      { debitAccountId: fromAccountId ?? world, creditAccountId: toAccountId ?? world, amount: quantity },
    ],
  });
  if ("refused" in posted) return ledgerError(posted.refused, posted.details);
  const key = (accountId: number) => ({
    assetAccountId: accountId,
    ownerId: owners.get(accountId) ?? "",
    instrument: { asset: asset.code, currency },
  });
  const step = { desk, transferId: id, actorId: actor.id };
  const uses = fromAccountId === undefined ? undefined : send(step, key(fromAccountId), transfer);
  if (uses instanceof AppError) return uses;
  if (toAccountId !== undefined) receive(step, key(toAccountId), { transfer, uses });
  const document = {
    id: String(id),
    transaction_id: String(posted.id),
    from_account_id: fromAccountId === undefined ? null : String(fromAccountId),
    to_account_id: toAccountId === undefined ? null : String(toAccountId),
    ...{ asset: asset.code, currency, quantity: formatAmount(quantity, asset.scale) },
    lot_count: uses?.length ?? 1,
  };
  tellEvent(desk, { topic: "position.transferred", payload: JSON.stringify(document) });
  const resource = { type: "position_transfer", id: document.id };
  return { answer: JSON.stringify(document), counted: [{ type: kind, status: "COMPLETED" }], resource };
}

interface Step {
  readonly desk: Desk;
  readonly transferId: number;
  readonly actorId: string;
}
type Key = Parameters<typeof holdingOf>[1];

/** Takes the units out of their lots: those chosen, else as gains are counted. */
function send(
  { desk, transferId, actorId }: Step,
  key: Key,
  transfer: PositionTransfer,
): readonly LotUse[] | AppError {
  const { quantity, asset, currency, lots: chosen } = transfer;
  const known = positionsOf(desk, key.assetAccountId);
  const holding = holdingOf(known, key);
  if (holding.position.quantity < quantity)
    return tradingError("position_too_small", {
      fields: [
        {
          field: "quantity",
          reason: `the position in ${currency} has ${formatAmount(holding.position.quantity, asset.scale)}`,
        },
      ],
    });
  for (const [index, { lotId, quantity: part }] of (chosen ?? []).entries())
    if ((holding.lots.find(({ id }) => id === lotId)?.remaining ?? 0n) < part)
      return tradingError("lot_not_open", {
        fields: [
          {
            field: `lots[${index}].lot_id`,
            reason: "is no open lot of this account and currency with so much left",
          },
        ],
      });
  const basis = chosen === undefined ? known.settings.basis : "lots";
  const taken = takeUnits(holding, { quantity, basis, chosen: chosen ?? [] });
  keepHolding(desk, taken);
  const id = takeStamps(desk.book, 1);
  const { assetAccountId } = key;
  leaveRow(desk, NEW_MOVEMENTS, {
    id,
    assetAccountId,
    currency,
    kind: "sent",
    quantity,
    basis,
    transferId,
    actorId,
  });
  for (const use of taken.uses) leaveRow(desk, NEW_LOT_USES, { ...use, usedBy: id });
  return taken.uses;
}

/** Makes a lot of each lot that was sent, or one of what came in. */
function receive(
  { desk, transferId, actorId }: Step,
  key: Key,
  { transfer, uses }: { transfer: PositionTransfer; uses: readonly LotUse[] | undefined },
): void {
  const { currency, quantity, acquired } = transfer;
  const { rates } = positionsOf(desk, key.assetAccountId);
  const scales = reportingScales(desk, positionsOf(desk, key.assetAccountId), currency);
  const rate = acquired?.rate ?? rates.get(currency) ?? null;
  const cost = acquired?.cost ?? 0n;
  const acquiredAt = acquired?.at ?? desk.book.now;
  const own = { quantity, cost, costReporting: convert(cost, rate, scales), acquiredAt, rate };
  for (const part of uses ?? [own]) {
    const lot = { ...part, id: takeStamps(desk.book, 1), isBought: false };
    const { holding, saved } = addLot(holdingOf(positionsOf(desk, key.assetAccountId), key), lot);
    keepHolding(desk, { holding, changed: [saved] });
    const { id, quantity: received, cost: paid, costReporting } = lot;
    leaveRow(desk, NEW_MOVEMENTS, {
      ...{ id, assetAccountId: key.assetAccountId, currency, kind: "received", quantity: received },
      ...{ cost: paid, costReporting, rate: part.rate, acquiredAt: part.acquiredAt, transferId, actorId },
    });
  }
}
