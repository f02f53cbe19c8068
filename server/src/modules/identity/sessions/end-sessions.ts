// Ends sessions: one, all, or all but one. Their access tokens are void on every process with the commit.
import { inTransaction, type Tx } from "../../../runtime/transaction.ts";
import type { Actor } from "../../../values/actor.ts";
import type { AuditOrigin } from "../../audit/index.ts";
import { identityError } from "../errors.ts";
import { requireRecentProof } from "../factors/step-up.ts";
import { dateOf, type Identity } from "../settings.ts";
import { recordSecurity } from "../trail.ts";
import { readOwnId } from "../users/user.ts";
import { insertRevocations, type Revocation } from "./revocation-store.ts";
import { FOR_GOOD } from "./revocations.ts";
import { endSessions } from "./session-store.ts";

export interface Ending {
  readonly userId: string;
  /** Only this one. */
  readonly sessionId?: string | undefined;
  /** All but this one. */
  readonly exceptId?: string | undefined;
  readonly reason: string;
}

/** Ends the sessions and returns what to tell this process's memory after the commit. */
export async function revokeSessions(tx: Tx, identity: Identity, ending: Ending): Promise<Revocation[]> {
  const ids = await endSessions(tx, { ...ending, at: dateOf(identity) });
  const revocations = ids.map((id) => ({
    subject: `s:${id}`,
    versionMin: FOR_GOOD,
    expiresAt: lastTokenExpiry(identity),
  }));
  await insertRevocations(tx, revocations);
  return revocations;
}

/** When the last access token signed until now has expired, if clocks differ by up to a minute. */
export function lastTokenExpiry(identity: Identity): Date {
  return dateOf(identity, identity.settings.accessTokenSeconds * 1000 + 60_000);
}

/**
 * Ends a user's own sessions. Ending another session than the one that asks needs a recent proof (ASVS 7.5.2): somebody who
 * finds an unlocked device must not be able to sign its owner out elsewhere.
 * @throws AppError `forbidden/step_up_required`, `not_found/no_such_session`
 */
export function endOwnSessions(
  identity: Identity,
  which: Pick<Ending, "sessionId" | "exceptId" | "reason">,
  context: { readonly actor: Actor; readonly origin: AuditOrigin },
): Promise<number> {
  const { actor } = context;
  const isCurrent = which.sessionId !== undefined && which.sessionId === actor.sessionId;
  if (!isCurrent) requireRecentProof(identity, actor);
  return endUserSessions(identity, { ...which, userId: readOwnId(actor) }, context);
}

/**
 * Ends sessions for their owner or an administrator, and returns how many.
 * @throws AppError `not_found/no_such_session` where the named session does not exist
 */
export async function endUserSessions(
  identity: Identity,
  ending: Ending,
  { actor, origin }: { readonly actor: Actor; readonly origin: AuditOrigin },
): Promise<number> {
  const revocations = await inTransaction(identity.db, async (tx) => {
    const ended = await revokeSessions(tx, identity, ending);
    if (ended.length === 0 && ending.sessionId !== undefined) throw identityError("no_such_session");
    const details = { sessions: ended.map(({ subject }) => subject.slice(2)), reason: ending.reason };
    await recordSecurity(tx, [
      { event: "authn_token_revoked", actor, userId: ending.userId, origin, details },
    ]);
    return ended;
  });
  identity.revocations.add(revocations);
  return revocations.length;
}
