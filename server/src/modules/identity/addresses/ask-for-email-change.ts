// Asks to change an address: mails a link to the new address, and tells the old one, with a link that stops the change. Until
// the new address is confirmed, the old one still signs in and gets the password resets.
import { randomUUID } from "node:crypto";
import type { Sql } from "../../../runtime/database.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import type { Vault } from "../../../runtime/vault/vault.ts";
import { identityError } from "../errors.ts";
import { insertMail } from "../mails/mail-store.ts";
import { dateOf, type Identity } from "../settings.ts";
import { indexEmail, type User } from "../users/user.ts";
import { selectTaken } from "../users/user-store.ts";
import { contextOfChange } from "./email-change.ts";
import { findPendingChange, insertEmailChange } from "./email-change-store.ts";

/** Before the call, withdraw the pending change and lock the user's row. @throws AppError `conflict/email_taken` */
export async function askForEmailChange(
  tx: Tx,
  identity: Identity,
  { user, email }: { readonly user: User; readonly email: string },
): Promise<void> {
  const { vault } = identity;
  const at = dateOf(identity);
  const newIndex = indexEmail(vault, email);
  const taken = await selectTaken(tx.sql, { usernameKey: "", emailIndex: newIndex, exceptId: user.id, at });
  if (taken.email) throw identityError("email_taken");
  const changeId = randomUUID();
  await insertEmailChange(tx, {
    id: changeId,
    userId: user.id,
    oldEmail: vault.encrypt(user.email, contextOfChange("old_email", changeId)),
    oldIndex: indexEmail(vault, user.email),
    oldVerified: user.emailVerifiedAt !== null,
    newEmail: vault.encrypt(email, contextOfChange("new_email", changeId)),
    newIndex,
    createdAt: at,
  });
  for (const template of ["change_email", "email_change_asked"])
    await insertMail(tx, { template, userId: user.id, login: null, changeId, at });
}

/** The address that is waiting to be confirmed. @throws VaultError */
export async function findPendingEmail(
  sql: Sql | Tx["sql"],
  vault: Vault,
  userId: string,
): Promise<string | null> {
  const change = await findPendingChange(sql, userId);
  if (change === undefined) return null;
  const context = contextOfChange("new_email", change.id);
  const [email] = await vault.decryptAll([{ value: change.newEmail, context }]);
  return email ?? null;
}
