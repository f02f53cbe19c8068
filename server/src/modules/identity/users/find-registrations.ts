// What other modules may know about users: when they registered, and their address.
import type { Sql } from "../../../runtime/database.ts";
import type { Vault } from "../../../runtime/vault/vault.ts";
import { contextOf, isUserId } from "./user.ts";
import { selectRegistrations } from "./user-store.ts";

export interface RegisteredUser {
  readonly registeredAt: Date;
  readonly email: string;
}

/**
 * By user, in one read; an id that is not a user of ours (the subject of another issuer's token) is missing.
 * @throws VaultError where an address was altered or moved
 */
export async function findRegistrations(
  { db, vault }: { readonly db: Sql; readonly vault: Vault },
  ids: readonly string[],
): Promise<ReadonlyMap<string, RegisteredUser>> {
  const known = [...new Set(ids)].filter(isUserId);
  if (known.length === 0) return new Map();
  const rows = await selectRegistrations(db, known);
  const emails = await vault.decryptAll(
    rows.map(({ id, email }) => ({ value: email, context: contextOf("email", id) })),
  );
  return new Map(
    rows.map(({ id, createdAt }, index) => [id, { registeredAt: createdAt, email: emails[index] ?? "" }]),
  );
}
