// Access tokens: short-lived JWTs signed with Ed25519 (RFC 9068 in spirit: typ at+jwt), bound to their session. Checking a
// token needs no database; early revocations are kept in memory.
import { decodeJwt, decodeProtectedHeader, type JWTPayload, jwtVerify, SignJWT } from "jose";
import { type Actor, ROLES, type Role } from "../../../values/actor.ts";
import { AppError } from "../../../values/app-error.ts";
import type { Identity } from "../settings.ts";
import type { User } from "../users/user.ts";
import type { Session } from "./session.ts";

const CLOCK_TOLERANCE_SECONDS = 5;

export interface VerifiedAccess {
  readonly actor: Actor;
  readonly expiresAtMs: number;
  /** False once the session, the user or the key (the API key, or the key that signed the token) was revoked. */
  readonly isGood: () => boolean;
}

/** An access token as it is handed out. */
export interface AccessGrant {
  readonly accessToken: string;
  readonly expiresInSeconds: number;
}

/**
 * Signs an access token of the session, with the user's roles at this moment. The token never outlives its session: a session
 * in which an administrator acts for somebody may end in a minute.
 */
export async function mintAccessToken(
  { keys, settings, now }: Pick<Identity, "keys" | "settings" | "now">,
  user: Pick<User, "id" | "username" | "roles" | "tokenVersion">,
  session: Pick<Session, "id" | "confirmedAt" | "methods" | "impersonatorId" | "expiresAt">,
): Promise<AccessGrant> {
  const { kid, privateKey } = keys.signer();
  const issuedAt = Math.floor(now() / 1000);
  const sessionEndsAt = Math.floor(session.expiresAt.getTime() / 1000);
  const expiresInSeconds = Math.max(0, Math.min(settings.accessTokenSeconds, sessionEndsAt - issuedAt));
  const claims: JWTPayload = {
    sid: session.id,
    ver: user.tokenVersion,
    roles: [...user.roles],
    preferred_username: user.username,
    auth_time: Math.floor(session.confirmedAt.getTime() / 1000),
    amr: [...session.methods],
  };
  if (session.impersonatorId !== null) claims["act"] = { sub: session.impersonatorId };
  const accessToken = await new SignJWT(claims)
    .setProtectedHeader({ alg: "EdDSA", typ: "at+jwt", kid })
    .setIssuer(settings.issuer)
    .setSubject(user.id)
    .setAudience(settings.audience)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + expiresInSeconds)
    .sign(privateKey);
  return { accessToken, expiresInSeconds };
}

/**
 * Verifies one of our own access tokens; undefined where the token says that it is of another kind or issuer.
 * @throws AppError `unauthenticated/unauthenticated`
 */
export async function verifyAccessToken(
  identity: Identity,
  token: string,
): Promise<VerifiedAccess | undefined> {
  const header = readHeader(token);
  if (header === undefined || header.typ !== "at+jwt" || header.alg !== "EdDSA") return undefined;
  if (readIssuer(token) !== identity.settings.issuer) return undefined; // another issuer may sign with EdDSA too
  const key = identity.keys.findPublic(header.kid ?? "");
  if (key === undefined) throw refuseToken("the token's key is not known here (any more); sign in again");
  const { payload } = await jwtVerify(token, key, {
    algorithms: ["EdDSA"],
    typ: "at+jwt",
    issuer: identity.settings.issuer,
    audience: identity.settings.audience,
    requiredClaims: ["sub", "exp", "iat", "sid", "ver", "roles", "auth_time"],
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    currentDate: new Date(identity.now()),
  }).catch((error: unknown) => {
    const { code } = error as { code?: string };
    throw refuseToken(code === "ERR_JWT_EXPIRED" ? "the token has expired" : "the token is not valid");
  });
  const access = toAccess(identity, payload, header.kid ?? "");
  if (!access.isGood()) throw refuseToken("the token was revoked; sign in again");
  return access;
}

function readHeader(token: string) {
  try {
    return decodeProtectedHeader(token);
  } catch {
    return undefined;
  }
}

/** What the token says, which proves nothing: it only decides whose keys must verify it. */
export function readIssuer(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}

function toAccess({ revocations, keys, now }: Identity, payload: JWTPayload, kid: string): VerifiedAccess {
  const { sub, exp, sid, ver, roles, auth_time: confirmedAt, preferred_username: name, act } = payload;
  if (typeof sub !== "string" || typeof sid !== "string" || typeof ver !== "number")
    throw refuseToken("the token is not valid");
  if (!isRoles(roles) || typeof confirmedAt !== "number") throw refuseToken("the token is not valid");
  const impersonatorId = (act as { sub?: unknown } | undefined)?.sub;
  const actor: Actor = {
    id: sub,
    name: typeof name === "string" ? name : sub,
    roles,
    sessionId: sid,
    confirmedAtMs: confirmedAt * 1000,
    ...(typeof impersonatorId === "string" ? { impersonatorId } : {}),
  };
  const [user, session] = [`u:${sub}`, `s:${sid}`];
  // For a user's own sessions clocks may differ; acting for somebody else ends to the second.
  const endsAtMs = actor.impersonatorId === undefined ? Number.POSITIVE_INFINITY : (exp ?? 0) * 1000;
  return {
    actor,
    expiresAtMs: (exp ?? 0) * 1000,
    isGood: () =>
      now() < endsAtMs &&
      !revocations.isRevoked(session, 0) &&
      !revocations.isRevoked(user, ver) &&
      keys.findPublic(kid) !== undefined, // the key was withdrawn: it was compromised
  };
}

function isRoles(roles: unknown): roles is readonly Role[] {
  return Array.isArray(roles) && roles.length > 0 && roles.every((role) => ROLES.includes(role as Role));
}

/** The error for a token that is not accepted; `message` says why. */
export function refuseToken(message: string): AppError {
  return new AppError("unauthenticated", "unauthenticated", { message });
}
