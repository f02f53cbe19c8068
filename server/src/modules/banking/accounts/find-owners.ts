// Whose an account shall be: a user, by id or name; the caller; or somebody of another system, where that is said. A typing
// mistake must not put money where nobody ever gets it.
import type { Tx } from "../../../runtime/transaction.ts";
import { invalidField } from "../../../values/app-error.ts";
import { readForeignCode } from "../../../values/names.ts";
import { findUserIds, type UserName } from "../../identity/index.ts";
import { bankingError } from "../errors.ts";
import type { AccountInput } from "../schemas.ts";

export interface OwnerWish {
  /** The caller, or somebody elsewhere: taken as they are. */
  readonly ownerId?: string;
  /** A user, who must be found. */
  readonly user?: UserName;
  readonly field: string;
}

/** @throws AppError `invalid/invalid_request` naming the field */
export function readOwner(
  input: Pick<AccountInput, "owner_id" | "owner_username" | "external_owner">,
  { callerId, path = "" }: { readonly callerId: string; readonly path?: string },
): OwnerWish {
  const { owner_id: id, owner_username: username, external_owner: isExternal = false } = input;
  const field = `${path}${username === undefined ? "owner_id" : "owner_username"}`;
  if (id !== undefined && username !== undefined)
    throw invalidField(field, "cannot stand beside owner_id: give one of them");
  if (isExternal && id === undefined)
    throw invalidField(`${path}owner_id`, "is required where external_owner is true");
  if (username !== undefined) return { user: { username: readForeignCode(username, field) }, field };
  const ownerId = readForeignCode(id, field) ?? callerId;
  return isExternal || ownerId === callerId ? { ownerId, field } : { user: { id: ownerId }, field };
}

/** The owners' ids, in the order of the wishes. @throws AppError `refused/owner_unknown` naming each */
export async function findOwners(tx: Tx, wishes: readonly OwnerWish[]): Promise<readonly string[]> {
  const users = wishes.flatMap(({ user }) => (user === undefined ? [] : [user]));
  const found = (await findUserIds(tx, users)).values();
  const owners = wishes.map(({ ownerId, user }) => (user === undefined ? ownerId : found.next().value));
  const unknown = wishes.filter((_, index) => owners[index] === undefined);
  if (unknown.length === 0) return owners.filter((owner) => owner !== undefined);
  const fields = unknown.slice(0, FIELDS_MAX).map(({ field }) => ({ field, reason: "is no user here" }));
  throw bankingError("owner_unknown", { fields });
}

const FIELDS_MAX = 20;
