// Reads the rules of customers' accounts: state, credit limit and version.
import type { Tx } from "../../../runtime/transaction.ts";
import { ACCOUNT_STATES, type AccountState, nameOf } from "../book/journal.ts";
import * as store from "./account-store.ts";

export interface AccountRules {
  readonly state: AccountState;
  /** Minor units by which the account may go below zero. */
  readonly creditLimit: bigint;
  readonly version: number;
}

/** By account id; system accounts and unknown ids are left out. */
export async function findAccountRules(tx: Tx, ids: readonly number[]): Promise<Map<number, AccountRules>> {
  const rows = ids.length === 0 ? [] : await store.selectAccountRules(tx, ids);
  return new Map(rows.map((row) => [Number(row.id), toRules(row)]));
}

/** Ids of customers' accounts in a state, after `afterId`, in order. */
export function findAccountIds(
  tx: Tx,
  query: { state: AccountState; afterId: number; limit: number },
): Promise<number[]> {
  return store.selectIdsByState(tx, { ...query, state: ACCOUNT_STATES[query.state] });
}

/** Ids of an asset's accounts except its system accounts, after `afterId`, in order. Reads all accounts: for checks. */
export function findAccountIdsOfAsset(
  tx: Tx,
  query: { assetId: number; afterId: number; limit: number },
): Promise<number[]> {
  return store.selectIdsOfAsset(tx, query);
}

function toRules(row: store.AccountRulesRow): AccountRules {
  return {
    state: nameOf(ACCOUNT_STATES, row.state),
    creditLimit: row.credit_limit,
    version: Number(row.version),
  };
}
