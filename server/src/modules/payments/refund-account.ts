// Decides who may send a balance's refund to another account than the one that paid. A refund is money that leaves the house in
// an order's name, so it goes back to the payer; it goes to anybody else only where that is impossible, by a person who
// answers for it, and never to that person.
import { type Actor, actsForAll } from "../../values/actor.ts";
import { AppError } from "../../values/app-error.ts";
import { needOwnersOf, ownersOf } from "../banking/index.ts";
import type { Decision, Desk, RowNeed } from "../desk/index.ts";
import { ACCOUNT_STATES, ledgerError } from "../ledger/index.ts";
import { paymentsError } from "./errors.ts";
import type { Payment } from "./payment.ts";

const FIELD = "refund_to_account_id";

/** What a command that names an account for a refund has to lock and read. */
export function scopeOfRefundAccount(
  payment: Payment | undefined,
  accountId: number | undefined,
): { accountIds: number[]; needs: RowNeed[] } {
  if (accountId === undefined) return { accountIds: [], needs: [] };
  const paidFrom = payment?.accountId ?? accountId;
  return { accountIds: [accountId], needs: needOwnersOf([accountId, paidFrom]) };
}

/** What the audit trail records about it. */
export function detailsOfRefundAccount(accountId: number | undefined): Pick<Decision, "details"> {
  return accountId === undefined ? {} : { details: { [FIELD]: String(accountId) } };
}

export interface NamedAccount {
  readonly actor: Actor;
  /** Undefined: none is named. */
  readonly accountId: number | undefined;
}

/**
 * Why the actor may not refund the payment to that account; undefined where they may. Decide-time, with `scopeOfRefundAccount`.
 * Refuses `refund_account_not_allowed`, `account_not_found`, `asset_mismatch`, each naming the field.
 */
export function checkRefundAccount(
  desk: Desk,
  payment: Payment | undefined,
  { actor, accountId }: NamedAccount,
): AppError | undefined {
  if (accountId === undefined) return undefined;
  if (payment === undefined || payment.accountId === null)
    return refuse("only what a balance paid can go to another account; all else goes back the way it came");
  if (accountId === payment.accountId) return undefined;
  const target = desk.book.accounts.get(accountId);
  const owners = ownersOf(desk);
  const [payer, owner] = [owners.get(payment.accountId), owners.get(accountId)];
  const isHidden = !actsForAll(actor) && (owner !== actor.id || payer !== actor.id);
  if (target === undefined || target.system || isHidden) {
    const fields = [{ field: FIELD, reason: "there is no such account, or it is somebody else's" }];
    return ledgerError("account_not_found", { account_id: String(accountId), fields });
  }
  if (target.assetId !== payment.assetId) {
    const fields = [{ field: FIELD, reason: `the account must be in ${payment.currency}` }];
    return ledgerError("asset_mismatch", { fields });
  }
  const state = desk.book.accounts.get(payment.accountId)?.state ?? ACCOUNT_STATES.closed;
  return actsForAll(actor) ? refuseForStaff(actor, { payer, owner, state }) : refuseForCustomer(state);
}

/** A frozen account is under investigation: its owner must not move money around it. */
function refuseForCustomer(state: number): AppError | undefined {
  return state === ACCOUNT_STATES.frozen
    ? refuse("the account that paid is frozen, and the shop decides what becomes of its money")
    : undefined;
}

/** `state`: of the account that paid. Where its owner is no longer known, the owners count as different. */
function refuseForStaff(
  actor: Actor,
  { payer, owner, state }: { payer: string | undefined; owner: string | undefined; state: number },
): AppError | undefined {
  if (payer !== undefined && payer === owner) return undefined;
  if (state === ACCOUNT_STATES.open)
    return refuse("it is not of who paid, and the account that paid is open: the refund goes back there");
  const isPerson = actor.keyId === undefined && actor.kind !== "system";
  const mayDecide = isPerson && actor.roles.some((role) => role === "admin" || role === "operator");
  if (!mayDecide)
    return refuse("it is not of who paid: that is for an operator or administrator to decide, signed in");
  const isOwn = owner === actor.id || owner === actor.impersonatorId;
  return isOwn ? refuse("it is your own: that is for somebody else to decide") : undefined;
}

function refuse(reason: string): AppError {
  return paymentsError("refund_account_not_allowed", { message: reason, fields: [{ field: FIELD, reason }] });
}

/** Adds to the ledger's refusal of an account that takes no money which way is left. */
export function nameRefundAccount(error: unknown, refundTo: number | undefined): unknown {
  if (!(error instanceof AppError)) return error;
  if (error.code !== "account_closed" && error.code !== "account_frozen") return error;
  const { account_id: accountId } = error.details;
  const state = error.code === "account_closed" ? "closed" : "frozen";
  const reason =
    refundTo === undefined
      ? `account ${accountId}, which paid, is ${state}: name another one that is to get the money`
      : `account ${accountId} is ${state}: name one that is open`;
  const fields = [{ field: FIELD, reason }];
  return new AppError(error.kind, error.code, { ...error.details, message: reason, fields });
}
