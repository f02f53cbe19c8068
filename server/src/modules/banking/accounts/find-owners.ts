// Finds the owner of a new account: a typing mistake must not put money where nobody can ever get it.
import type { Tx } from "../../../runtime/transaction.ts";
import { findUserIds, readWhom, type WhomWish } from "../../identity/index.ts";
import { bankingError } from "../errors.ts";
import type { AccountInput } from "../schemas.ts";

/** @throws AppError `invalid/invalid_request` naming the field */
export function readOwner(
  input: Pick<AccountInput, "owner_id" | "owner_username" | "external_owner">,
  context: { readonly callerId: string; readonly path?: string },
): WhomWish {
  const { owner_id: id, owner_username: username, external_owner: isExternal } = input;
  return readWhom({ id, username, isExternal }, { noun: "owner", ...context });
}

/** The owners' ids, in the order of the requests. @throws AppError `refused/owner_unknown` naming each */
export async function findOwners(tx: Tx, wishes: readonly WhomWish[]): Promise<readonly string[]> {
  const users = wishes.flatMap(({ user }) => (user === undefined ? [] : [user]));
  const found = (await findUserIds(tx, users)).values();
  const owners = wishes.map(({ id, user }) => (user === undefined ? id : found.next().value));
  const unknown = wishes.filter((_, index) => owners[index] === undefined);
  if (unknown.length === 0) return owners.filter((owner) => owner !== undefined);
  const fields = unknown.slice(0, FIELDS_MAX).map(({ field }) => ({ field, reason: "is no user here" }));
  throw bankingError("owner_unknown", { fields });
}

const FIELDS_MAX = 20;
