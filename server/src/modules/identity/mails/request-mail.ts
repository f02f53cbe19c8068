// Asks for a mail: a link to set a new password, or to verify an address. The answer and the work are the same whether
// or not anybody has that name; who gets the mail is looked up when it leaves.
import { inTransaction } from "../../../runtime/transaction.ts";
import type { AuditOrigin } from "../../audit/index.ts";
import { identityError } from "../errors.ts";
import { hashLinkToken } from "../passwords/change-password.ts";
import { findByLogin } from "../sessions/log-in.ts";
import { dateOf, type Identity } from "../settings.ts";
import { ANONYMOUS, recordSecurity } from "../trail.ts";
import { updateEmailVerified } from "../users/user-store.ts";
import { insertMail, useLinkToken, voidLinkTokens } from "./mail-store.ts";
import { LOGIN_CONTEXT } from "./mail-template.ts";

/** Writes the wish for a reset mail to whoever has this name or address. */
export async function requestPasswordReset(
  identity: Identity,
  login: string,
  origin: AuditOrigin,
): Promise<void> {
  const user = await findByLogin(identity, login); // whose the values on the trail are, to be forgotten with them
  return inTransaction(identity.db, async (tx) => {
    await insertMail(tx, {
      template: "reset_password",
      userId: null,
      login: identity.vault.encrypt(login, LOGIN_CONTEXT),
      at: dateOf(identity),
    });
    await recordSecurity(tx, [
      {
        event: "authn_password_change",
        actor: ANONYMOUS,
        userId: user?.id,
        origin,
        details: { step: "reset mail requested" },
        personal: { login: login.slice(0, 254) },
      },
    ]);
  });
}

export function requestVerification(identity: Identity, userId: string): Promise<void> {
  const mail = { template: "verify_email", userId, login: null, at: dateOf(identity) };
  return inTransaction(identity.db, (tx) => insertMail(tx, mail));
}

/** @throws AppError `invalid/invalid_link` */
export function verifyEmail(identity: Identity, token: string, origin: AuditOrigin): Promise<void> {
  return inTransaction(identity.db, async (tx) => {
    const at = dateOf(identity);
    const used = await useLinkToken(tx, { hash: hashLinkToken(token), purpose: "verify_email", at });
    if (used === undefined) throw identityError("invalid_link");
    const { userId } = used;
    await voidLinkTokens(tx, { userId, purpose: "verify_email", at });
    await updateEmailVerified(tx, userId, at);
    const details = { changed: ["email_verified"] };
    await recordSecurity(tx, [{ event: "user_updated", actor: userId, userId, origin, details }]);
  });
}
