// Removes a user's second factors when they have lost both those and their backup codes: staff has checked who asks (ASVS
// 6.4.4) and says how. The user is told by mail and signed out everywhere; afterwards the password alone signs in.
import { inTransaction } from "../../../runtime/transaction.ts";
import { FROM_THE_BEGINNING } from "../addresses/drop-added.ts";
import { identityError } from "../errors.ts";
import { insertMail } from "../mails/mail-store.ts";
import { deletePasskeysSince } from "../passkeys/passkey-store.ts";
import { revokeSessions } from "../sessions/end-sessions.ts";
import { dateOf, type Identity } from "../settings.ts";
import { type Context, recordSecurity } from "../trail.ts";
import { requireMayActOn } from "../users/require-may-act-on.ts";
import { lockUser } from "../users/user-store.ts";
import { deleteBackupCodes, deleteTotp } from "./factor-store.ts";
import { requireRecentProof } from "./step-up.ts";

export interface FactorReset {
  readonly userId: string;
  /** Kept on the trail. */
  readonly reason: string;
}

export interface RemovedFactors {
  readonly totp: boolean;
  readonly passkeys: number;
}

/**
 * Locks the user's row.
 * @throws AppError `forbidden/step_up_required`, `forbidden/administrators_only`, `not_found/no_such_user`, `not_found/no_such_factor` where there is none
 */
export async function resetFactors(
  identity: Identity,
  { userId, reason }: FactorReset,
  { actor, origin }: Context,
): Promise<RemovedFactors> {
  requireRecentProof(identity, actor);
  await requireMayActOn(identity, userId, actor);
  const { removed, revocations } = await inTransaction(identity.db, async (tx) => {
    if ((await lockUser(tx, userId)) === undefined) throw identityError("no_such_user");
    const factors = {
      totp: await deleteTotp(tx, userId),
      passkeys: await deletePasskeysSince(tx, userId, FROM_THE_BEGINNING),
    };
    if (!factors.totp && factors.passkeys === 0)
      throw identityError("no_such_factor", { message: "the user has no second factor" });
    await deleteBackupCodes(tx, userId);
    await insertMail(tx, { template: "factors_removed", userId, login: null, at: dateOf(identity) });
    const details = { factors_removed: { ...factors, reason } };
    await recordSecurity(tx, [{ event: "authz_admin", actor, userId, origin, details }]);
    const ended = await revokeSessions(tx, identity, { userId, reason: "second factors removed by staff" });
    return { removed: factors, revocations: ended };
  });
  identity.revocations.add(revocations);
  return removed;
}
