// What every money command asks before it books, and leaves behind: may this actor touch the account, what is kept of a
// refusal, which balances the answer shows. One place, so that no door to the book is guarded less than another.
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

/** Refuses an account that is not the customer's, a system account, or one of another currency. An unknown one the book refuses. */
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

/** The house's own accounts are nobody's to name: `world` is reached by deposit and withdrawal, `exchange` by exchange. */
export function refuseSystemAccount(desk: Desk, accountId: number): AppError | undefined {
  if (desk.book.accounts.get(accountId)?.system !== true) return undefined;
  return ledgerError("account_not_found", { account_id: String(accountId) });
}

/** The refusal of the first rule that blocks, if one does. */
export function findBlocked(findings: readonly Finding[]): AppError | undefined {
  const blocking = findings.find((finding) => finding.blocked);
  return blocking === undefined ? undefined : bankingError("blocked_by_risk_rule", { rule: blocking.rule });
}

/** A business refusal becomes a FAILED transaction that the customer finds in the list; the answer names it. */
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

/** JSON text: a document with the balances that its actor may see of these accounts. */
export function withBalances(
  desk: Desk,
  actor: Actor,
  { document, accountIds }: { document: string; accountIds: readonly number[] },
): string {
  const visible = actsForAll(actor)
    ? accountIds
    : accountIds.filter((id) => ownersOf(desk).get(id) === actor.id);
  return `${document.slice(0, -1)},"balances":${JSON.stringify(describeBalances(desk, visible))}}`;
}
