// Asks for a mail with a link to set a new password. The answer and the work are the same whether or not a user has that name;
// the recipient is looked up when the mail is sent.
import { inTransaction } from "../../../runtime/transaction.ts";
import type { AuditOrigin } from "../../audit/index.ts";
import { findByLogin } from "../sessions/log-in.ts";
import { dateOf, type Identity } from "../settings.ts";
import { ANONYMOUS, recordSecurity } from "../trail.ts";
import { insertMail } from "./mail-store.ts";
import { LOGIN_CONTEXT } from "./mail-template.ts";

/** Queues a reset mail for the user who has this name or address. */
export async function requestPasswordReset(
  identity: Identity,
  login: string,
  origin: AuditOrigin,
): Promise<void> {
  const user = await findByLogin(identity, login); // the trail's values belong to this user and are forgotten with them
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
