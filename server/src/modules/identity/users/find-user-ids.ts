// Finds the user that an id or a username names, for other modules that are given either.
import type { Tx } from "../../../runtime/transaction.ts";
import { isUserId, keyOfUsername } from "./user.ts";
import { selectUserIds } from "./user-store.ts";

export type UserName = { readonly id: string } | { readonly username: string };

/** The id of each, in the same order; undefined where there is no such user. Users are never deleted, so an id stays valid. */
export async function findUserIds(
  tx: Tx,
  names: readonly UserName[],
): Promise<readonly (string | undefined)[]> {
  if (names.length === 0) return [];
  const ids = names.flatMap((name) => ("id" in name && isUserId(name.id) ? [name.id] : []));
  const keys = names.flatMap((name) => ("username" in name ? [keyOfUsername(name.username)] : []));
  const rows = await selectUserIds(tx, { ids, usernameKeys: keys });
  const known = new Set(rows.map(({ id }) => id));
  const byKey = new Map(rows.map(({ id, usernameKey }) => [usernameKey, id]));
  return names.map((name) => {
    if ("username" in name) return byKey.get(keyOfUsername(name.username));
    return known.has(name.id) ? name.id : undefined;
  });
}
