// What every money command asks before it books, and leaves behind: may this actor touch the account, what do the risk
// rules find, what is kept of a refusal. One place, so that no door to the book is guarded less than another.
import { type Actor, actsForAll } from "../../../values/actor.ts";
import { AppError } from "../../../values/app-error.ts";
import type { Desk } from "../../desk/command-desk.ts";
import {
  type Asset,
  type JournalHeader,
  keepRefusal,
  ledgerError,
  type TransferRequest,
} from "../../ledger/index.ts";
import { assess, type Finding } from "../../risk/index.ts";
import { bankingError } from "../errors.ts";
import { describeBalances } from "./transaction.ts";

/** A movement of money as the risk rules see it. */
export interface JudgedMovement {
  readonly accountId: number;
  readonly amount: bigint;
  readonly asset: Asset;
  readonly outgoing: boolean;
  /** A hold: the account's active holds count as outgoing too. A transfer counts transfers alone. */
  readonly isHold?: boolean;
}

/** Refuses an account that is not the customer's, a system account, or one of another currency. An unknown one the book refuses. */
export function refuseAccount(
  desk: Desk,
  actor: Actor,
  { accountId, asset }: { accountId: number; asset: Asset },
): AppError | undefined {
  if (!actsForAll(actor) && desk.owners.get(accountId) !== actor.id)
    return ledgerError("account_not_found", { account_id: String(accountId) });
  const account = desk.book.accounts.get(accountId);
  if (account !== undefined && !account.system && account.assetId !== asset.id)
    return ledgerError("asset_mismatch");
  return refuseSystemAccount(desk, accountId);
}

/** The house's own accounts are nobody's to name: `world` is reached by deposit and withdrawal, `exchange` by exchange. */
export function refuseSystemAccount(desk: Desk, accountId: number): AppError | undefined {
  if (desk.book.accounts.get(accountId)?.system !== true) return undefined;
  return ledgerError("account_not_found", { account_id: String(accountId) });
}

export function judgeMovement(desk: Desk, movement: JudgedMovement): Finding[] {
  const { accountId, amount, asset, outgoing, isHold } = movement;
  return assess(desk.rules, {
    amount,
    currency: asset.code,
    scale: asset.scale,
    outgoing,
    recentCount: (seconds) =>
      (desk.recentDebits.get(seconds)?.get(accountId) ?? 0) +
      (isHold === true ? (desk.recentHolds.get(seconds)?.get(accountId) ?? 0) : 0),
  });
}

/** The refusal of the first rule that blocks, if one does. */
export function findBlocked(findings: readonly Finding[]): AppError | undefined {
  const blocking = findings.find((finding) => finding.blocked);
  return blocking === undefined ? undefined : bankingError("blocked_by_risk_rule", { rule: blocking.rule });
}

/** A business refusal becomes a FAILED transaction that the customer finds in the list; the answer names it. */
export function refuseTransaction(
  desk: Desk,
  refused: {
    header: JournalHeader;
    movement: TransferRequest;
    error: AppError;
    findings?: readonly Finding[];
  },
): AppError {
  const { header, movement, error, findings = [] } = refused;
  if (error.kind !== "refused") return error;
  const id = keepRefusal(desk.book, header, { transfer: movement, code: error.code });
  const accountId = header.kind === "DEPOSIT" ? movement.creditAccountId : movement.debitAccountId;
  flagTransaction(desk, accountId, { id, findings });
  return new AppError(error.kind, error.code, { ...error.details, transaction_id: String(id) });
}

export function flagTransaction(
  desk: Desk,
  accountId: number,
  { id, findings }: { id: number; findings: readonly Finding[] },
): void {
  for (const { rule, reason, blocked } of findings) {
    desk.flags.push({ transactionId: id, accountId, rule, reason, blocked });
    const payload = { transaction_id: String(id), account_id: String(accountId), rule, reason, blocked };
    desk.events.push({ topic: "transaction.flagged", payload: JSON.stringify(payload) });
  }
}

/** Counts a transfer out of the account for the rules of velocity, as the next batch will read it. */
export function countDebit(desk: Desk, accountId: number): void {
  for (const counts of desk.recentDebits.values()) addTo(desk, counts, { accountId, by: 1 });
}

/** Counts a hold placed at stamp `id` (+1) or ended (-1), in the windows that reach back to it. */
export function countHold(
  desk: Desk,
  { accountId, id }: { accountId: number; id: number },
  by: 1 | -1,
): void {
  for (const [seconds, counts] of desk.recentHolds)
    if (id > desk.book.now - seconds * 1_000_000) addTo(desk, counts, { accountId, by });
}

function addTo(
  desk: Desk,
  counts: Map<number, number>,
  { accountId, by }: { accountId: number; by: number },
): void {
  const before = counts.get(accountId) ?? 0;
  counts.set(accountId, before + by);
  // An atomic batch that is refused was never paid: it does not count against the next command.
  desk.book.undoLog?.push(() => counts.set(accountId, before));
}

/** JSON text: a document with the balances that its actor may see of these accounts. */
export function withBalances(
  desk: Desk,
  actor: Actor,
  { document, accountIds }: { document: string; accountIds: readonly number[] },
): string {
  const visible = actsForAll(actor)
    ? accountIds
    : accountIds.filter((id) => desk.owners.get(id) === actor.id);
  return `${document.slice(0, -1)},"balances":${JSON.stringify(describeBalances(desk, visible))}}`;
}
