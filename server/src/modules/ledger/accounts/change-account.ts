// Changes an account's rules: its credit limit, and whether it is open, frozen or closed. Always true: a limit is never below the
// part of it that is used, only an empty account that expects no money is closed, and a closed account stays closed.
import type { Tx } from "../../../runtime/transaction.ts";
import { type BookAccount, balanceOf } from "../book/book.ts";
import { lockAccounts, takeStamps } from "../book/book-store.ts";
import { ACCOUNT_STATES, type AccountState, nameOf } from "../book/journal.ts";
import { ledgerError } from "../errors.ts";
import { bumpVersion, selectAwaitedHoldIds, updateAccountRules } from "./account-store.ts";
import type { AccountRules } from "./find-account-rules.ts";

export interface AccountChangeRequest {
  readonly actorId: string;
  readonly creditLimit?: bigint | undefined;
  readonly state?: AccountState | undefined;
  /** Something outside the ledger changes too, such as the name: this counts as a change in any case. */
  readonly alsoOutside?: boolean;
}

/**
 * Changes the account and returns its new rules; if nothing differs, nothing is written. Locks the account. A hold counts
 * until it is recorded as expired, so expire due holds first, by a batch that touches the account.
 * @param check sees the locked account before anything is decided, and may refuse by throwing
 * @throws AppError `not_found/account_not_found`, `refused/account_closed`, `refused/account_not_empty`,
 *   `refused/account_awaits_money` (naming `hold_ids`), `refused/limit_in_use`
 */
export async function changeAccount(
  tx: Tx,
  accountId: number,
  { request, check }: { request: AccountChangeRequest; check: (current: AccountRules) => void },
): Promise<AccountRules> {
  const [account] = await lockAccounts(tx, `{${accountId}}`);
  if (account === undefined) throw ledgerError("account_not_found", { account_id: String(accountId) });
  const before = toRules(account);
  check(before);
  const after = decide(account, before, request);
  if (after.state === "closed" && before.state !== "closed") await checkAwaited(tx, accountId);
  const isChanged = after.state !== before.state || after.creditLimit !== before.creditLimit;
  if (!isChanged && request.alsoOutside !== true) return before;
  if (isChanged) await writeRules(tx, account, { after, actorId: request.actorId });
  else await bumpVersion(tx, accountId, account.version);
  return { ...after, version: account.version + 1 };
}

/** Read under the account's lock, which placing a hold in its favor takes too. A hold past its time does not count. */
async function checkAwaited(tx: Tx, accountId: number): Promise<void> {
  const holdIds = await selectAwaitedHoldIds(tx, accountId);
  if (holdIds.length === 0) return;
  throw ledgerError("account_awaits_money", { account_id: String(accountId), hold_ids: holdIds.map(String) });
}

function decide(account: BookAccount, before: AccountRules, request: AccountChangeRequest): AccountRules {
  const after = {
    ...before,
    state: request.state ?? before.state,
    creditLimit: request.creditLimit ?? before.creditLimit,
  };
  const where = { account_id: String(account.id) };
  const { balance, held } = balanceOf(account);
  if (before.state === "closed" && (after.state !== "closed" || after.creditLimit !== before.creditLimit))
    throw ledgerError("account_closed", where);
  if (after.state === "closed" && (balance !== 0n || held !== 0n))
    throw ledgerError("account_not_empty", where);
  if (balance - held + after.creditLimit < 0n) throw ledgerError("limit_in_use", where);
  return after;
}

/** The stamp is taken under the lock, so that changes and transfers of the account are in one order. */
async function writeRules(
  tx: Tx,
  account: BookAccount,
  { after, actorId }: { after: AccountRules; actorId: string },
): Promise<void> {
  await updateAccountRules(tx, {
    id: (await takeStamps(tx, 1)).firstStamp,
    accountId: account.id,
    actorId,
    version: account.version,
    before: { creditLimit: account.creditLimit, state: account.state },
    after: { creditLimit: after.creditLimit, state: ACCOUNT_STATES[after.state] },
  });
}

function toRules(account: BookAccount): AccountRules {
  return {
    state: nameOf(ACCOUNT_STATES, account.state),
    creditLimit: account.creditLimit,
    version: account.version,
  };
}
