// The first proof of an address. Anybody may have registered with the address before, so what they added to the account, and
// their password, must not stay valid for its real owner.
import type { Tx } from "../../../runtime/transaction.ts";
import { insertMail } from "../mails/mail-store.ts";
import type { Revocation } from "../sessions/revocation-store.ts";
import { dateOf, type Identity } from "../settings.ts";
import type { UserRow } from "../users/user.ts";
import { hasAdded } from "../users/user-store.ts";
import { dropAdded, FROM_THE_BEGINNING } from "./drop-added.ts";
import { withdrawPendingChange } from "./email-change-store.ts";

const REASON = "the address was proved for the first time";

/** For a link that also sets a new password. Lock the user's row first. */
export async function dropUnproved(tx: Tx, identity: Identity, user: UserRow): Promise<Revocation[]> {
  if (user.emailVerifiedAt !== null) {
    await withdrawPendingChange(tx, user.id, dateOf(identity));
    return [];
  }
  return dropAdded(tx, identity, { userId: user.id, since: FROM_THE_BEGINNING, reason: REASON });
}

/**
 * For a link alone: nothing proves that the owner of the mailbox made the account. So everything goes, the password too, and
 * a mail says how to set a new one. Lock the user's row first.
 */
export async function dropUnclaimed(tx: Tx, identity: Identity, user: UserRow): Promise<Revocation[]> {
  if (user.emailVerifiedAt !== null) return [];
  const wasEmpty = user.passwordHash === null && !(await hasAdded(tx.sql, user.id));
  const revocations = await dropUnproved(tx, identity, user);
  if (wasEmpty) return revocations;
  await insertMail(tx, { template: "account_emptied", userId: user.id, login: null, at: dateOf(identity) });
  return revocations;
}
