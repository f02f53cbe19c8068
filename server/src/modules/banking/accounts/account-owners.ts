// The owner of an account never changes, so the desk reads it once per account and process and then remembers it.
import { type Actor, actsForAll } from "../../../values/actor.ts";
import type { Desk, RowNeed, RowReader } from "../../desk/index.ts";
import { findOwners } from "./owner-store.ts";

/** Owners by account id; accounts that do not exist are missing. About 10 MB of them are kept. */
const ACCOUNT_OWNERS: RowReader<string> = {
  kind: "banking.account_owners",
  keptMax: 100_000,
  read: findOwners,
};

/** The owners to read where a customer names accounts; staff may name any account, so nothing is read for them. */
export function needOwners(actor: Actor, accountIds: readonly number[]): RowNeed[] {
  return actsForAll(actor) ? [] : needOwnersOf(accountIds);
}

/** The owners to read where ownership matters, whoever names the accounts. */
export function needOwnersOf(accountIds: readonly number[]): RowNeed[] {
  return [{ reader: ACCOUNT_OWNERS, ids: accountIds }];
}

/** Owners of the accounts that commands of this batch asked for. */
export function ownersOf(desk: Pick<Desk, "rows">): ReadonlyMap<number, string> {
  return desk.rows.of(ACCOUNT_OWNERS);
}
