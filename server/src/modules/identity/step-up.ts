// Step-up: sensitive acts need a proof of who one is that is no older than ten minutes. A session gets a fresh one by
// giving the password again, and the second factor where there is one.
import { inTransaction } from "../../runtime/transaction.ts";
import type { Actor } from "../../values/actor.ts";
import type { AuditOrigin } from "../audit/index.ts";
import { mintAccessToken } from "./access-token.ts";
import { checkCode, hasFactor } from "./check-code.ts";
import { identityError } from "./errors.ts";
import { lockSession, updateConfirmed } from "./session-store.ts";
import { dateOf, type Identity } from "./settings.ts";
import { accountBudget, takeAttempt } from "./throttle.ts";
import { recordRefusal, recordSecurity } from "./trail.ts";
import { readOwnId } from "./user.ts";
import { findUser } from "./user-store.ts";

const PROOF_GOOD_FOR_MS = 600_000;

/**
 * For sessions of people: a token without a session (minted for trying out, of a program) has nothing to prove.
 * @throws AppError `forbidden/step_up_required`
 */
export function requireRecentProof({ now }: Pick<Identity, "now">, actor: Actor): void {
  if (actor.sessionId === undefined) return;
  if (now() - (actor.confirmedAtMs ?? 0) > PROOF_GOOD_FOR_MS) throw identityError("step_up_required");
}

export interface Proof {
  readonly password: string;
  readonly code?: string | undefined;
}

/**
 * Checks the proof and returns an access token that carries it; the refresh token stays.
 * @throws AppError `refused/wrong_password`, `refused/wrong_code`, `too_many/login_throttled`, `not_found/no_such_session`
 */
export async function stepUp(
  identity: Identity,
  { password, code }: Proof,
  { actor, origin }: { readonly actor: Actor; readonly origin: AuditOrigin },
): Promise<string> {
  const user = await findUser(identity.db, readOwnId(actor));
  const { sessionId } = actor;
  if (user === undefined || sessionId === undefined) throw identityError("no_such_session");
  const attempt = await takeAttempt(identity, [accountBudget(`${user.id}:confirm`)]);
  const refusal = await findProofRefusal(identity, user, { password, code });
  if (refusal !== undefined) {
    await recordRefusal(identity, {
      event: "authn_login_fail",
      actor,
      userId: user.id,
      origin,
      refused: refusal,
    });
    throw identityError(refusal);
  }
  await attempt.succeed();
  const methods = code === undefined ? ["pwd"] : ["pwd", "otp"];
  return inTransaction(identity.db, async (tx) => {
    const at = dateOf(identity);
    await updateConfirmed(tx, { sessionId, at, methods });
    const session = await lockSession(tx, sessionId);
    if (session === undefined || session.endedAt !== null) throw identityError("no_such_session");
    const details = { step_up: true, methods };
    await recordSecurity(tx, [{ event: "authn_login_success", actor, userId: user.id, origin, details }]);
    return mintAccessToken(identity, user, session);
  });
}

async function findProofRefusal(
  identity: Identity,
  user: { readonly id: string; readonly passwordHash: string | null },
  { password, code }: Proof,
): Promise<"wrong_password" | "wrong_code" | undefined> {
  if (!(await identity.hasher.verify(password, user.passwordHash))) return "wrong_password";
  if (!(await hasFactor(identity, user.id))) return undefined;
  return (await checkCode(identity, user.id, code ?? "")) === undefined ? "wrong_code" : undefined;
}
