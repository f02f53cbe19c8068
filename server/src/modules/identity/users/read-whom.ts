// Reads whom a request means: a user, by id or by name; the caller; or, where the request says so, somebody of another system.
// A typing mistake must not assign anything to a person who does not exist.
import { invalidField } from "../../../values/app-error.ts";
import { readForeignCode } from "../../../values/names.ts";
import type { UserName } from "./find-user-ids.ts";

export interface WhomWish {
  /** The caller, or a person of another system: taken as given, not looked up. */
  readonly id?: string;
  /** A user, who must be found. */
  readonly user?: UserName;
  readonly field: string;
}

export interface GivenWhom {
  readonly id: string | undefined;
  readonly username: string | undefined;
  readonly isExternal: boolean | undefined;
}

/**
 * @param noun "owner": then the fields are owner_id, owner_username and external_owner
 * @throws AppError `invalid/invalid_request` naming the field
 */
export function readWhom(
  { id, username, isExternal = false }: GivenWhom,
  { noun, callerId, path = "" }: { readonly noun: string; readonly callerId: string; readonly path?: string },
): WhomWish {
  const field = `${path}${noun}_${username === undefined ? "id" : "username"}`;
  if (id !== undefined && username !== undefined)
    throw invalidField(field, `cannot stand beside ${noun}_id: give one of them`);
  if (isExternal && id === undefined)
    throw invalidField(`${path}${noun}_id`, `is required where external_${noun} is true`);
  if (username !== undefined) return { user: { username: readForeignCode(username, field) }, field };
  const taken = readForeignCode(id, field) ?? callerId;
  return isExternal || taken === callerId ? { id: taken, field } : { user: { id: taken }, field };
}
