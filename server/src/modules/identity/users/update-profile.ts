// A user's own profile: reading it, and changing name and address. A new address takes effect once it is confirmed.
import type { Sql } from "../../../runtime/database.ts";
import { inTransaction, type Tx } from "../../../runtime/transaction.ts";
import type { Vault } from "../../../runtime/vault/vault.ts";
import type { Actor } from "../../../values/actor.ts";
import { isSameAddress, readEmailAddress } from "../../../values/email-address.ts";
import type { AuditOrigin } from "../../audit/index.ts";
import { askForEmailChange, findPendingEmail } from "../addresses/ask-for-email-change.ts";
import { withdrawPendingChange } from "../addresses/email-change-store.ts";
import { identityError } from "../errors.ts";
import { requireRecentProof } from "../factors/step-up.ts";
import { lockLiveUser } from "../sessions/lock-live-user.ts";
import { dateOf, type Identity } from "../settings.ts";
import { recordSecurity } from "../trail.ts";
import { contextOf, describeUser, openUser, type User } from "./user.ts";
import { selectUser, updateProfile } from "./user-store.ts";

export interface ProfileInput {
  readonly email?: string | undefined;
  readonly fullName?: string | null | undefined;
}

export interface Profile extends User {
  /** The address that is waiting to be confirmed. */
  readonly pendingEmail: string | null;
}

/** @throws AppError `not_found/no_such_user` */
export async function getUser({ db, vault }: Identity, id: string): Promise<Profile> {
  return getProfile(db, vault, id);
}

async function getProfile(sql: Sql | Tx["sql"], vault: Vault, id: string): Promise<Profile> {
  const row = await selectUser(sql, id);
  if (row === undefined) throw identityError("no_such_user");
  return { ...(await openUser(vault, row)), pendingEmail: await findPendingEmail(sql, vault, id) };
}

/**
 * A new address is only asked for here: nothing changes until it is confirmed.
 * @throws AppError `not_found/no_such_user`, `conflict/email_taken`, `invalid/invalid_request`, `forbidden/step_up_required`
 */
export async function changeProfile(
  identity: Identity,
  input: ProfileInput,
  { actor, origin }: { readonly actor: Actor; readonly origin: AuditOrigin },
): Promise<Profile> {
  const { vault } = identity;
  if (input.email !== undefined) requireRecentProof(identity, actor);
  return inTransaction(identity.db, async (tx) => {
    const user = await openUser(vault, await lockLiveUser(tx, actor));
    const wanted = input.email === undefined ? user.email : readEmailAddress(input.email);
    const isSame = isSameAddress(wanted, user.email);
    if (input.email !== undefined) await withdrawPendingChange(tx, user.id, dateOf(identity));
    if (!isSame) await askForEmailChange(tx, identity, { user, email: wanted });
    const fullName = input.fullName === undefined ? user.fullName : input.fullName;
    await updateProfile(tx, {
      userId: user.id,
      email: vault.encrypt(isSame ? wanted : user.email, contextOf("email", user.id)),
      fullName: fullName === null ? null : vault.encrypt(fullName, contextOf("full_name", user.id)),
    });
    const changed = Object.keys(input).filter((key) => input[key as keyof ProfileInput] !== undefined);
    const details = { changed, ...(isSame ? {} : { email: "asked for" }) };
    await recordSecurity(tx, [{ event: "user_updated", actor, userId: user.id, origin, details }]);
    return getProfile(tx.sql, vault, user.id);
  });
}

export function describeProfile({ pendingEmail, ...user }: Profile) {
  return { ...describeUser(user), pending_email: pendingEmail };
}
