// A user's own profile: reading it, and changing name and address. A new address must be verified again, and the old
// one is told.
import { inTransaction, type Tx } from "../../../runtime/transaction.ts";
import type { Actor } from "../../../values/actor.ts";
import { readEmailAddress } from "../../../values/email-address.ts";
import type { AuditOrigin } from "../../audit/index.ts";
import { identityError } from "../errors.ts";
import { requireRecentProof } from "../factors/step-up.ts";
import { insertMail } from "../mails/mail-store.ts";
import { LOGIN_CONTEXT } from "../mails/mail-template.ts";
import { dateOf, type Identity } from "../settings.ts";
import { recordSecurity } from "../trail.ts";
import { contextOf, indexEmail, openUser, type User } from "./user.ts";
import { findTaken, findUser, lockUser, updateProfile } from "./user-store.ts";

export interface ProfileInput {
  readonly email?: string | undefined;
  readonly fullName?: string | null | undefined;
}

/** @throws AppError `not_found/no_such_user` */
export async function getUser({ db, vault }: Identity, id: string): Promise<User> {
  const row = await findUser(db, id);
  if (row === undefined) throw identityError("no_such_user");
  return openUser(vault, row);
}

/** @throws AppError `not_found/no_such_user`, `conflict/email_taken`, `invalid/invalid_request`, `forbidden/step_up_required` */
export async function changeProfile(
  identity: Identity,
  input: ProfileInput,
  { actor, origin }: { readonly actor: Actor; readonly origin: AuditOrigin },
): Promise<User> {
  const { vault } = identity;
  if (input.email !== undefined) requireRecentProof(identity, actor);
  return inTransaction(identity.db, async (tx) => {
    const row = await lockUser(tx, actor.id);
    if (row === undefined) throw identityError("no_such_user");
    const user = await openUser(vault, row);
    const email = input.email === undefined ? user.email : readEmailAddress(input.email);
    const fullName = input.fullName === undefined ? user.fullName : input.fullName;
    const emailIndex = indexEmail(vault, email);
    const emailChanged = !emailIndex.equals(indexEmail(vault, user.email));
    const taken = await findTaken(tx.sql, { usernameKey: "", emailIndex, exceptId: user.id });
    if (taken.email) throw identityError("email_taken");
    await updateProfile(tx, {
      userId: user.id,
      email: vault.encrypt(email, contextOf("email", user.id)),
      emailIndex,
      emailChanged,
      fullName: fullName === null ? null : vault.encrypt(fullName, contextOf("full_name", user.id)),
    });
    if (emailChanged) await writeMails(tx, identity, user);
    const details = {
      changed: Object.keys(input).filter((key) => input[key as keyof ProfileInput] !== undefined),
    };
    await recordSecurity(tx, [{ event: "user_updated", actor, userId: user.id, origin, details }]);
    const changed = await findUser(tx.sql, user.id);
    if (changed === undefined) throw identityError("no_such_user");
    return openUser(vault, changed);
  });
}

/** To the new address a link, to the old one word of the change. */
async function writeMails(tx: Tx, { vault, now }: Identity, user: User): Promise<void> {
  const at = dateOf({ now });
  await insertMail(tx, { template: "verify_email", userId: user.id, login: null, at });
  const login = vault.encrypt(user.email, LOGIN_CONTEXT);
  await insertMail(tx, { template: "email_changed", userId: null, login, at });
}
