// Finds customers' accounts: by owner, currency, state and external number, in the order of ids, a page at a time.

import { inReadTransaction, type Tx } from "../../../runtime/transaction.ts";
import { type Actor, actsForAll } from "../../../values/actor.ts";
import type { PageFilter } from "../../../values/filter.ts";
import { EMPTY_PAGE, type Page } from "../../../values/page.ts";
import {
  type AccountRules,
  type AccountState,
  findAccountIds,
  findAccountRules,
} from "../../ledger/index.ts";
import type { BankAccount } from "./account.ts";
import { type BankAccountFilter, type BankAccountRow, selectBankAccounts } from "./account-read-store.ts";
import { type AccountReader, decryptAccounts } from "./get-account.ts";
import { normalizeNumber } from "./open-bank-accounts.ts";

export type AccountQuery = PageFilter<{
  ownerId: string;
  currency: string;
  state: AccountState;
  externalNumber: string;
}>;

/** How many accounts one page of a search by state examines. */
const SEARCHED_MAX = 2_000;

/**
 * Staff can find all accounts, a customer only their own: another owner's name finds nothing. A page of a search by state may
 * be short, even empty, and still have a next page, because a search examines only so many accounts.
 */
export async function findAccounts(
  reader: AccountReader,
  actor: Actor,
  query: AccountQuery,
): Promise<Page<BankAccount>> {
  const { ownerId, currency, externalNumber, state, limit, cursor: afterId = 0 } = query;
  if (!actsForAll(actor) && ownerId !== undefined && ownerId !== actor.id) return EMPTY_PAGE;
  const filter: BankAccountFilter = {
    ownerId: actsForAll(actor) ? ownerId : actor.id,
    currency,
    externalNumberIndex:
      externalNumber === undefined ? undefined : reader.vault.blindIndex(normalizeNumber(externalNumber)),
    afterId,
    limit: state === undefined ? limit + 1 : SEARCHED_MAX,
  };
  const found = await inReadTransaction(reader.db, (tx) => search(tx, filter, state));
  const page = found.rows.slice(0, limit);
  return {
    items: await decryptAccounts(reader, page, found.rules),
    nextCursor: found.rows.length > limit ? Number(page.at(-1)?.id) : found.searchedTo,
  };
}

interface Found {
  readonly rows: readonly BankAccountRow[];
  readonly rules: Map<number, AccountRules>;
  /** Where the search stopped early. */
  readonly searchedTo: number | undefined;
}

async function search(tx: Tx, filter: BankAccountFilter, state: AccountState | undefined): Promise<Found> {
  if (state !== undefined && filter.ownerId === undefined && filter.externalNumberIndex === undefined)
    return searchByState(tx, filter, state);
  const rows = await selectBankAccounts(tx, filter);
  const rules = await findAccountRules(tx, idsOf(rows));
  if (state === undefined) return { rows, rules, searchedTo: undefined };
  const inState = rows.filter((row) => rules.get(Number(row.id))?.state === state);
  return { rows: inState, rules, searchedTo: lastOf(idsOf(rows), filter.limit) };
}

/** The ledger keeps the state, so the search starts there: few accounts are frozen or closed. */
async function searchByState(tx: Tx, filter: BankAccountFilter, state: AccountState): Promise<Found> {
  const ids = await findAccountIds(tx, { state, afterId: filter.afterId, limit: filter.limit });
  const rows = await selectBankAccounts(tx, { ...filter, ids });
  return { rows, rules: await findAccountRules(tx, ids), searchedTo: lastOf(ids, filter.limit) };
}

function idsOf(rows: readonly BankAccountRow[]): number[] {
  return rows.map((row) => Number(row.id));
}

function lastOf(ids: readonly number[], limit: number): number | undefined {
  return ids.length < limit ? undefined : ids.at(-1);
}
