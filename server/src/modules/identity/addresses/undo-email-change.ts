// Takes a change of address back, by the link that was mailed to the old address: before the new one is confirmed, and for seven
// days after. Whoever asked for the change had access to the account, so all sessions end, and what was added since then goes.
import { inTransaction, type Tx } from "../../../runtime/transaction.ts";
import type { AuditOrigin } from "../../audit/index.ts";
import { identityError } from "../errors.ts";
import { findLink } from "../mails/mail-store.ts";
import { hashLinkToken } from "../passwords/change-password.ts";
import { dateOf, type Identity } from "../settings.ts";
import { recordSecurity } from "../trail.ts";
import { contextOf } from "../users/user.ts";
import { lockUser, selectTaken, updateEmail } from "../users/user-store.ts";
import { dropAdded, FROM_THE_BEGINNING } from "./drop-added.ts";
import { contextOfChange, type EmailChange } from "./email-change.ts";
import { undoChanges } from "./email-change-store.ts";

/**
 * Later changes end with it. The mail reached the old address, so that address is verified. A password set since then is void;
 * an earlier one stays, unless this is the first proof of the old address: then everything goes. Locks the user's row.
 * @throws AppError `invalid/invalid_link`
 */
export async function undoEmailChange(identity: Identity, token: string, origin: AuditOrigin): Promise<void> {
  const hash = hashLinkToken(token);
  const link = await findLink(identity.db, { hash, at: dateOf(identity) });
  if (link?.purpose !== "undo_email_change") throw identityError("invalid_link");
  const { userId } = link;
  const revocations = await inTransaction(identity.db, async (tx) => {
    await lockUser(tx, userId);
    const at = dateOf(identity);
    const change = await undoChanges(tx, { hash, at });
    if (change === undefined) throw identityError("invalid_link");
    const since = change.oldVerified ? change.createdAt : FROM_THE_BEGINNING;
    const dropped = await dropAdded(tx, identity, { userId, since, reason: "change of address undone" });
    await restoreEmail(tx, identity, change);
    const details = { changed: ["email"], email: "undone" };
    await recordSecurity(tx, [{ event: "user_updated", actor: userId, userId, origin, details }]);
    return dropped;
  });
  identity.revocations.add(revocations);
}

async function restoreEmail(tx: Tx, identity: Identity, change: EmailChange): Promise<void> {
  const { id, userId, oldEmail, oldIndex: emailIndex } = change;
  const { vault } = identity;
  const at = dateOf(identity);
  const taken = await selectTaken(tx.sql, { usernameKey: "", emailIndex, exceptId: userId, at });
  if (taken.email) throw identityError("invalid_link"); // the link of a request that was withdrawn long before the change
  const context = contextOfChange("old_email", id);
  const [email] = await vault.decryptAll([{ value: oldEmail, context }]);
  const encrypted = vault.encrypt(email ?? "", contextOf("email", userId));
  await updateEmail(tx, { userId, email: encrypted, emailIndex, verifiedAt: at });
}
