// What every money command does before and after it books: whether this actor may touch the account, what is kept of a refusal,
// which balances the answer shows. All in one place, so that every command is guarded equally.
import { type Actor, actsForAll } from "../../../values/actor.ts";
import { AppError } from "../../../values/app-error.ts";
import type { Desk } from "../../desk/index.ts";
import {
  type Asset,
  type JournalHeader,
  keepRefusal,
  ledgerError,
  type TransferRequest,
} from "../../ledger/index.ts";
import type { Finding, RiskGuard } from "../../risk/index.ts";
import { ownersOf } from "../accounts/account-owners.ts";
import { bankingError } from "../errors.ts";
import { describeBalances } from "./transaction.ts";

/** Refuses a system account, one of another currency, or one not the customer's. The book refuses an unknown one. */
export function refuseAccount(
  desk: Desk,
  actor: Actor,
  { accountId, asset }: { accountId: number; asset: Asset },
): AppError | undefined {
  if (!actsForAll(actor) && ownersOf(desk).get(accountId) !== actor.id)
    return ledgerError("account_not_found", { account_id: String(accountId) });
  const account = desk.book.accounts.get(accountId);
  if (account !== undefined && !account.system && account.assetId !== asset.id)
    return ledgerError("asset_mismatch");
  return refuseSystemAccount(desk, accountId);
}

/** Nobody may name the house's own accounts: `world` is reached by deposit and withdrawal, `exchange` by an exchange. */
export function refuseSystemAccount(desk: Desk, accountId: number): AppError | undefined {
  if (desk.book.accounts.get(accountId)?.system !== true) return undefined;
  return ledgerError("account_not_found", { account_id: String(accountId) });
}

/** The refusal of the first rule that blocks, if one does. */
export function findBlocked(findings: readonly Finding[]): AppError | undefined {
  const blocking = findings.find((finding) => finding.blocked);
  return blocking === undefined ? undefined : bankingError("blocked_by_risk_rule", { rule: blocking.rule });
}

/** A business refusal becomes a FAILED transaction, which the customer finds in the list and the answer names. */
export function refuseTransaction(
  desk: Desk,
  risk: RiskGuard,
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
  risk.flag(desk, accountId, { id, findings });
  return new AppError(error.kind, error.code, { ...error.details, transaction_id: String(id) });
}

/** JSON text: a document with those balances of these accounts that its actor may see. */
export function withBalances(
  desk: Desk,
  actor: Actor,
  { document, accountIds }: { document: string; accountIds: readonly number[] },
): string {
  const visible = findVisible(desk, actor, accountIds);
  return `${document.slice(0, -1)},"balances":${JSON.stringify(describeBalances(desk, visible))}}`;
}

/** Of these accounts those whose balances the actor may see. */
export function findVisible(desk: Desk, actor: Actor, accountIds: readonly number[]): readonly number[] {
  return actsForAll(actor) ? accountIds : accountIds.filter((id) => ownersOf(desk).get(id) === actor.id);
}
