// Access tokens of other issuers: Microsoft Entra ID (v1 and v2) and any OIDC issuer in the configuration. Only the issuer's
// own published keys are trusted; identity and rights come from the verified token alone.
import { createRemoteJWKSet, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from "jose";
import { type Actor, ROLES, type Role } from "../../../values/actor.ts";
import type { AppError } from "../../../values/app-error.ts";
import { ownOf } from "../../../values/own-of.ts";
import { identityError } from "../errors.ts";
import { readIssuer, refuseToken, type VerifiedAccess } from "./access-token.ts";

export interface ExternalSettings {
  readonly entra?:
    | { readonly authority: string; readonly tenantId: string; readonly clientId: string }
    | undefined;
  readonly oidc?:
    | { readonly issuer: string; readonly audience: string; readonly rolesClaim: string }
    | undefined;
}

/** One issuer whose tokens are accepted. */
interface Issuer {
  readonly issuer: string;
  readonly audience: readonly string[];
  /** Undefined: any, because Entra's tokens of version 1 say only JWT. */
  readonly typ: string | undefined;
  readonly rolesClaim: string;
  /** Put in front of the subject, so that two issuers never name the same actor. */
  readonly prefix: string;
  /** The claim that permanently identifies the person or program. */
  readonly subjectClaim: string;
  /** Claims that must have exactly this value. */
  readonly fixed: Readonly<Record<string, string>>;
  readonly findKeys: () => Promise<JWTVerifyGetKey>;
}

const ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA", "Ed25519"];
const CLOCK_TOLERANCE_SECONDS = 60;
const FETCH_TIMEOUT_MS = 5_000;
const SUBJECT = /^[^\p{Cc}\p{Cs}]{1,100}$/u;

export type ExternalVerifier = (token: string) => Promise<VerifiedAccess | undefined>;

/** The verifier returns undefined where the token's issuer is not one of those configured. */
export function createExternalVerifier(settings: ExternalSettings): ExternalVerifier {
  const issuers = new Map(listIssuers(settings).map((issuer) => [issuer.issuer, issuer]));
  return async (token) => {
    const issuer = issuers.get(readIssuer(token) ?? "");
    return issuer === undefined ? undefined : verify(issuer, token);
  };
}

function listIssuers({ entra, oidc }: ExternalSettings): Issuer[] {
  const issuers: Issuer[] = [];
  if (entra !== undefined) {
    const { authority, tenantId, clientId } = entra;
    const keys = createRemoteJWKSet(new URL(`${authority}/${tenantId}/discovery/v2.0/keys`), {
      timeoutDuration: FETCH_TIMEOUT_MS,
    });
    const common = {
      audience: [clientId, `api://${clientId}`],
      typ: undefined,
      rolesClaim: "roles",
      prefix: "entra:",
      subjectClaim: "oid",
      findKeys: async () => keys,
    };
    issuers.push(
      { ...common, issuer: `${authority}/${tenantId}/v2.0`, fixed: { tid: tenantId, ver: "2.0" } },
      { ...common, issuer: `https://sts.windows.net/${tenantId}/`, fixed: { tid: tenantId, ver: "1.0" } },
    );
  }
  if (oidc !== undefined)
    issuers.push({
      issuer: oidc.issuer,
      audience: [oidc.audience],
      typ: "at+jwt", // an ID token is for the client, not for us
      rolesClaim: oidc.rolesClaim,
      prefix: "oidc:",
      subjectClaim: "sub",
      fixed: {},
      findKeys: discoverKeys(oidc.issuer),
    });
  return issuers;
}

/** Asks the issuer once where its keys are, and again if that failed. */
function discoverKeys(issuer: string): () => Promise<JWTVerifyGetKey> {
  let keys: Promise<JWTVerifyGetKey> | undefined;
  const discover = async () => {
    const url = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
    const answer = await fetch(url, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS), redirect: "error" });
    const document = (await answer.json()) as { issuer?: unknown; jwks_uri?: unknown };
    if (document.issuer !== issuer || typeof document.jwks_uri !== "string")
      throw new Error("the issuer's discovery document names another issuer, or no keys");
    return createRemoteJWKSet(new URL(document.jwks_uri), { timeoutDuration: FETCH_TIMEOUT_MS });
  };
  return () => {
    keys ??= discover().catch((error: unknown) => {
      keys = undefined;
      throw error;
    });
    return keys;
  };
}

/** @throws AppError `unauthenticated/unauthenticated`, `unavailable/issuer_unavailable` */
async function verify(issuer: Issuer, token: string): Promise<VerifiedAccess> {
  const keys = await issuer.findKeys().catch(() => {
    throw identityError("issuer_unavailable", { retryAfterSeconds: 5 });
  });
  const { payload } = await jwtVerify(token, keys, {
    algorithms: ALGORITHMS,
    issuer: issuer.issuer,
    audience: [...issuer.audience],
    requiredClaims: ["exp", "iat", issuer.subjectClaim],
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    ...(issuer.typ === undefined ? {} : { typ: issuer.typ }),
  }).catch((error: unknown) => {
    throw toRefusal(error);
  });
  for (const [claim, value] of Object.entries(issuer.fixed))
    if (ownOf(payload, claim) !== value) throw refuseToken(`the token's ${claim} is wrong`);
  return { actor: toActor(issuer, payload), expiresAtMs: (payload.exp ?? 0) * 1_000, isGood: () => true };
}

function toRefusal(error: unknown): AppError {
  const { code } = error as { code?: string };
  if (code === "ERR_JWT_EXPIRED") return refuseToken("the token has expired");
  const isToken = code?.startsWith("ERR_JW") === true || code?.startsWith("ERR_JOSE_") === true;
  if (isToken && code !== "ERR_JWKS_TIMEOUT" && code !== "ERR_JOSE_GENERIC")
    return refuseToken("the token is not valid");
  return identityError("issuer_unavailable", { retryAfterSeconds: 5 });
}

function toActor(issuer: Issuer, payload: JWTPayload): Actor {
  const subject = ownOf(payload, issuer.subjectClaim);
  const name = payload["preferred_username"] ?? payload["upn"];
  const confirmedAt = payload["auth_time"];
  if (typeof subject !== "string" || !SUBJECT.test(subject)) throw refuseToken("the token names nobody");
  const id = issuer.prefix + subject;
  return {
    id,
    name: typeof name === "string" && SUBJECT.test(name) ? name : id,
    roles: readRoles(ownOf(payload, issuer.rolesClaim), payload["scp"] ?? payload["scope"]),
    confirmedAtMs: typeof confirmedAt === "number" ? confirmedAt * 1_000 : 0, // not told: as far as we know, never
  };
}

/** Our roles among the token's; a person with only delegated rights (scp) is a customer; a token with neither is refused. */
function readRoles(roles: unknown, scopes: unknown): readonly Role[] {
  const named = Array.isArray(roles) ? ROLES.filter((role) => roles.includes(role)) : [];
  if (named.length > 0) return named;
  if (typeof scopes === "string" && scopes.trim() !== "") return ["customer"];
  throw refuseToken(`the token has neither a role (${ROLES.join(", ")}) nor a scope`);
}
