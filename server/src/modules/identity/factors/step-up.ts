// Step-up: sensitive acts need a proof of identity that is no older than ten minutes. A session gets a fresh proof when the
// user gives the password again, and the second factor where there is one; or uses a passkey alone.
import type { AuthenticationResponseJSON } from "@simplewebauthn/server";
import { inTransaction } from "../../../runtime/transaction.ts";
import type { Actor } from "../../../values/actor.ts";
import type { RefusalDetails } from "../../../values/app-error.ts";
import { identityError } from "../errors.ts";
import type { ChallengeUse } from "../passkeys/challenge.ts";
import { askForPasskey, checkPasskey } from "../passkeys/check-passkey.ts";
import { type AccessGrant, mintAccessToken } from "../sessions/access-token.ts";
import { lockSession, updateConfirmed } from "../sessions/session-store.ts";
import { dateOf, type Identity } from "../settings.ts";
import { confirmBudget } from "../throttles/budget.ts";
import { takeAttempt } from "../throttles/throttle.ts";
import { type Context, recordRefusal, recordSecurity } from "../trail.ts";
import { readOwnId, type UserRow } from "../users/user.ts";
import { selectUser } from "../users/user-store.ts";
import { checkCode } from "./check-code.ts";
import { findFactors } from "./factor.ts";

const PROOF_GOOD_FOR_MS = 600_000;
/** A proof dated further in the future was given before the clock was set back: its age is not known. */
const CLOCK_DIFFERENCE_MAX_MS = 60_000;

/** Whether the actor proved who they are in the last ten minutes, or is a program, which cannot be asked to. */
export function hasRecentProof({ now }: Pick<Identity, "now">, actor: Actor): boolean {
  if (actor.impersonatorId !== undefined) return false; // the proof is the administrator's, not the user's
  if (actor.confirmedAtMs === undefined) return true;
  const ageMs = now() - actor.confirmedAtMs;
  return ageMs <= PROOF_GOOD_FOR_MS && ageMs > -CLOCK_DIFFERENCE_MAX_MS;
}

/**
 * Applies to people, who come in by a session or by another issuer's token. API keys, the program itself, and tokens of
 * `countinghouse token` never proved an identity at some moment (`confirmedAtMs`), so they pass.
 * @throws AppError `forbidden/step_up_required`
 */
export function requireRecentProof(
  clock: Pick<Identity, "now">,
  actor: Actor,
  details: RefusalDetails = {},
): void {
  if (!hasRecentProof(clock, actor)) throw identityError("step_up_required", details);
}

export interface Proof {
  readonly password?: string | undefined;
  readonly code?: string | undefined;
  /** What a passkey signed; it proves both that the user has the passkey and that they unlocked it. */
  readonly passkey?: AuthenticationResponseJSON | undefined;
}

/** A challenge for this user in this session. @throws AppError `not_found/no_such_session` */
function useOf(actor: Actor): ChallengeUse & { readonly userId: string; readonly sessionId: string } {
  const { sessionId } = actor;
  if (sessionId === undefined) throw identityError("no_such_session");
  return { purpose: "step_up", userId: readOwnId(actor), sessionId };
}

/** What the browser asks the user's passkeys to sign. @throws AppError `not_found/no_such_session`, `not_found/no_such_factor` */
export async function startStepUp(identity: Identity, actor: Actor) {
  const use = useOf(actor);
  if (!(await findFactors(identity.db, use.userId)).passkeys) throw identityError("no_such_factor");
  return askForPasskey(identity, use);
}

/**
 * Checks the proof and returns an access token that carries it; the refresh token stays the same. The proof is a passkey, or
 * the password, together with the second factor's code where the user has one.
 * @throws AppError `refused/wrong_password`, `refused/wrong_code`, `refused/wrong_passkey`, `too_many/login_throttled`, `not_found/no_such_session`
 */
export async function stepUp(identity: Identity, proof: Proof, context: Context): Promise<AccessGrant> {
  const { actor, origin } = context;
  const { sessionId, userId } = useOf(actor);
  const user = await selectUser(identity.db, userId);
  if (user === undefined) throw identityError("no_such_session");
  const attempt = await takeAttempt(identity, [confirmBudget(user.id)]);
  const outcome = await checkProof(identity, { user, proof }, context);
  if ("refused" in outcome) {
    const { refused, reason } = outcome;
    const details = reason === undefined ? {} : { reason };
    const record = { event: "authn_login_fail" as const, actor, userId: user.id, origin, refused, details };
    await recordRefusal(identity, record);
    throw identityError(refused, reason === undefined ? {} : { message: reason });
  }
  await attempt.succeed();
  const { methods } = outcome;
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

type ProofOutcome =
  | { readonly methods: readonly string[] }
  | {
      readonly refused: "wrong_password" | "wrong_code" | "wrong_passkey";
      readonly reason?: string;
    };

async function checkProof(
  identity: Identity,
  { user, proof }: { readonly user: Pick<UserRow, "id" | "passwordHash">; readonly proof: Proof },
  { actor, origin }: Context,
): Promise<ProofOutcome> {
  const { password, code, passkey } = proof;
  if (passkey !== undefined) {
    const checked = await checkPasskey(identity, passkey, { use: useOf(actor), origin });
    return "refused" in checked ? { refused: "wrong_passkey", reason: checked.refused } : checked;
  }
  if (!(await identity.hasher.verify(password ?? "", user.passwordHash)))
    return { refused: "wrong_password" };
  if (!(await findFactors(identity.db, user.id)).any) return { methods: ["pwd"] };
  if (code === undefined) return { refused: "wrong_code" };
  const { method } = await checkCode(identity, code, { userId: user.id, by: "session" });
  return method === undefined ? { refused: "wrong_code" } : { methods: ["pwd", method] };
}
