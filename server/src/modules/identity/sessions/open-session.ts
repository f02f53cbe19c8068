// Opens a session for a user who proved who they are, and hands out its first pair of tokens.
import { randomBytes, randomUUID } from "node:crypto";
import type { Tx } from "../../../runtime/transaction.ts";
import type { Actor } from "../../../values/actor.ts";
import type { AuditOrigin } from "../../audit/index.ts";
import { DAY_MS, dateOf, type Identity } from "../settings.ts";
import { recordSecurity } from "../trail.ts";
import type { UserRow } from "../users/user.ts";
import { type AccessGrant, mintAccessToken } from "./access-token.ts";
import { contextOfSecret, makeRefreshToken } from "./session.ts";
import { insertSession } from "./session-store.ts";

export interface Tokens extends AccessGrant {
  readonly refreshToken: string;
  readonly sessionId: string;
}

export interface SessionRequest {
  readonly user: Pick<UserRow, "id" | "username" | "roles" | "tokenVersion">;
  /** RFC 8176: pwd, otp, hwk. */
  readonly methods: readonly string[];
  readonly origin: AuditOrigin;
  /** The administrator who acts as the user. */
  readonly impersonation?:
    | { readonly administratorId: string; readonly reason: string; readonly lifetimeMs: number }
    | undefined;
}

/** Inserts the session and records `session_created` and `authn_token_created`. */
export async function openSession(tx: Tx, identity: Identity, request: SessionRequest): Promise<Tokens> {
  const { vault, settings } = identity;
  const { user, methods, origin, impersonation } = request;
  const id = randomUUID();
  const secret = randomBytes(32).toString("base64url");
  const at = dateOf(identity);
  const expiresAt = dateOf(identity, impersonation?.lifetimeMs ?? settings.sessionMaxDays * DAY_MS);
  const inserted = insertSession(tx, {
    id,
    userId: user.id,
    secret: vault.encrypt(secret, contextOfSecret(id)),
    userAgent: origin.userAgent,
    methods,
    impersonatorId: impersonation?.administratorId ?? null,
    impersonationReason: impersonation?.reason ?? null,
    at,
    confirmedAt: at,
    expiresAt,
  });
  const actor: Actor = {
    id: user.id,
    name: user.username,
    roles: user.roles,
    ...(impersonation === undefined ? {} : { impersonatorId: impersonation.administratorId }),
  };
  const common = { actor, userId: user.id, origin, details: { session_id: id } };
  const recorded = recordSecurity(tx, [
    { ...common, event: "session_created", details: { session_id: id, methods } },
    { ...common, event: "authn_token_created" },
  ]);
  const impersonatorId = impersonation?.administratorId ?? null;
  const session = { id, confirmedAt: at, methods, impersonatorId, expiresAt };
  const [granted] = await Promise.all([mintAccessToken(identity, user, session), inserted, recorded]);
  return { ...granted, refreshToken: makeRefreshToken(id, secret, 1), sessionId: id };
}
