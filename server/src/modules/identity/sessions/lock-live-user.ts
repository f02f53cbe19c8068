// Locks the acting user's row for an act that adds to their account, and checks under the lock that their session still exists:
// it may have been ended since the token was checked, together with everything that had been added.
import type { Tx } from "../../../runtime/transaction.ts";
import type { Actor } from "../../../values/actor.ts";
import { AppError } from "../../../values/app-error.ts";
import { identityError } from "../errors.ts";
import type { UserRow } from "../users/user.ts";
import { lockUser } from "../users/user-store.ts";
import { isSessionEnded } from "./session-store.ts";

/**
 * Locks the user's row to the end of the transaction.
 * @throws AppError `not_found/no_such_user`, `unauthenticated/unauthenticated`
 */
export async function lockLiveUser(tx: Tx, actor: Actor): Promise<UserRow> {
  const user = await lockUser(tx, actor.id);
  if (user === undefined) throw identityError("no_such_user");
  if (actor.sessionId !== undefined && (await isSessionEnded(tx.sql, actor.sessionId)))
    throw new AppError("unauthenticated", "unauthenticated", {
      message: "the session has ended; sign in again",
    });
  return user;
}
