// Exchanges a refresh token for the next pair of tokens. Refreshes of one session take turns on its row: of several at once,
// the first advances the counter and the others get the very same successor. If a token comes that is older than the last but
// one, either it or its successor was stolen: the session ends.
import { inTransaction, type Tx } from "../../../runtime/transaction.ts";
import type { AppError } from "../../../values/app-error.ts";
import type { AuditOrigin } from "../../audit/index.ts";
import { identityError } from "../errors.ts";
import { DAY_MS, dateOf, type Identity } from "../settings.ts";
import { recordSecurity } from "../trail.ts";
import { selectUser } from "../users/user-store.ts";
import { mintAccessToken } from "./access-token.ts";
import { revokeSessions } from "./end-sessions.ts";
import type { Tokens } from "./open-session.ts";
import type { RefreshToken, Session } from "./session.ts";
import { contextOfSecret, isSignedBy, judgeRefresh, makeRefreshToken, readRefreshToken } from "./session.ts";
import { advanceCounter, lockSession } from "./session-store.ts";

/**
 * Locks the session's row.
 * @throws AppError `unauthenticated/invalid_refresh_token`; `unauthenticated/refresh_token_reused`, its session then ended
 */
export async function refreshSession(identity: Identity, text: string, origin: AuditOrigin): Promise<Tokens> {
  const token = readRefreshToken(text);
  if (token === undefined) throw identityError("invalid_refresh_token");
  const outcome = await inTransaction(identity.db, (tx) => refresh(tx, identity, { token, origin }));
  if (outcome === undefined) throw identityError("invalid_refresh_token");
  if (typeof outcome === "object" && "expiredUserId" in outcome) throw refuseExpired(outcome.expiredUserId);
  if (outcome !== "reused") return outcome;
  await identity.revocations.reload();
  throw identityError("refresh_token_reused");
}

/** Answered like any other refusal; the trail also learns whose session it was. */
function refuseExpired(userId: string): AppError {
  const refusal = identityError("invalid_refresh_token");
  refusal.trail = { user_id: userId };
  return refusal;
}

async function refresh(
  tx: Tx,
  identity: Identity,
  { token, origin }: { readonly token: RefreshToken; readonly origin: AuditOrigin },
): Promise<Tokens | "reused" | { readonly expiredUserId: string } | undefined> {
  const session = await lockSession(tx, token.sessionId);
  if (session === undefined) return undefined;
  const [secret] = await identity.vault.decryptAll([
    { value: session.secret, context: contextOfSecret(session.id) },
  ]);
  // A wrong signature does not end the session: otherwise anybody who knows its id could end it.
  if (typeof secret !== "string" || !isSignedBy(token, secret)) return undefined;
  const idleMs = identity.settings.sessionIdleDays * DAY_MS;
  const verdict = judgeRefresh(session, token.counter, { nowMs: identity.now(), idleMs });
  if (verdict === "over") return session.endedAt === null ? { expiredUserId: session.userId } : undefined;
  if (verdict === "reused") return endReused(tx, identity, { session, origin });
  const counter = verdict === "rotate" ? session.counter + 1 : session.counter;
  if (verdict === "rotate") await advanceCounter(tx, session.id, dateOf(identity));
  return renew(tx, identity, { session, secret, counter, origin });
}

async function renew(
  tx: Tx,
  identity: Identity,
  given: {
    readonly session: Session;
    readonly secret: string;
    readonly counter: number;
    readonly origin: AuditOrigin;
  },
): Promise<Tokens | undefined> {
  const { session, secret, counter, origin } = given;
  const user = await selectUser(tx.sql, session.userId);
  if (user?.state !== "active") return undefined;
  const details = { session_id: session.id };
  await recordSecurity(tx, [{ event: "session_renewed", actor: user.id, userId: user.id, origin, details }]);
  return {
    ...(await mintAccessToken(identity, user, session)),
    refreshToken: makeRefreshToken(session.id, secret, counter),
    sessionId: session.id,
  };
}

async function endReused(
  tx: Tx,
  identity: Identity,
  { session, origin }: { readonly session: Session; readonly origin: AuditOrigin },
): Promise<"reused"> {
  const { id: sessionId, userId } = session;
  await revokeSessions(tx, identity, { userId, sessionId, reason: "refresh token reused" });
  const details = { session_id: sessionId };
  await recordSecurity(tx, [
    { event: "authn_token_reuse", actor: userId, userId, origin, refused: "refresh_token_reused", details },
  ]);
  return "reused";
}
