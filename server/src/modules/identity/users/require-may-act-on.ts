// Which users staff may act on: an operator on everybody except administrators.

import { mayActOn } from "../../../http/permissions.ts";
import type { Actor } from "../../../values/actor.ts";
import { identityError } from "../errors.ts";
import type { Identity } from "../settings.ts";
import { selectUser } from "./user-store.ts";

/**
 * The HTTP kit puts the refusal on the trail, like everything that is forbidden.
 * @throws AppError `not_found/no_such_user`, `forbidden/administrators_only`
 */
export async function requireMayActOn({ db }: Identity, userId: string, actor: Actor): Promise<void> {
  const user = await selectUser(db, userId);
  if (user === undefined) throw identityError("no_such_user");
  if (!mayActOn(actor, user.roles)) throw identityError("administrators_only");
}
