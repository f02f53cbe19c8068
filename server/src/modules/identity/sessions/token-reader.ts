// For other services: verifies our access tokens by the keys that the server publishes. Only the server knows of early
// revocations, so a token is good here until it expires, ten minutes at most.
import { createRemoteJWKSet, jwtVerify } from "jose";
import { ROLES, type Role } from "../../../values/actor.ts";

export interface TokenReaderSettings {
  /** The server's address: "https://pay.example". */
  readonly url: string;
  /** The values of the server's TOKEN_ISSUER and JWT_AUDIENCE. */
  readonly issuer: string;
  readonly audience: string;
}

export interface TokenHolder {
  readonly userId: string;
  readonly username: string;
  readonly roles: readonly Role[];
  readonly sessionId: string;
  readonly expiresAt: Date;
}

/** Undefined where the token is forged, expired, or for somebody else. */
export type TokenReader = (token: string) => Promise<TokenHolder | undefined>;

const FETCH_TIMEOUT_MS = 5_000;
/** Errors of jose about the token itself; any other error (no answer from the server) is rethrown. */
const IS_TOKENS_FAULT = /^ERR_(JWT|JWS|JOSE_ALG|JWKS_NO_MATCHING)/;

/** Keys are fetched when the first token comes, and again when a token is signed with a new key. */
export function createTokenReader({ url, issuer, audience }: TokenReaderSettings): TokenReader {
  const keys = createRemoteJWKSet(new URL("/.well-known/jwks.json", url), {
    timeoutDuration: FETCH_TIMEOUT_MS,
  });
  return async (token) => {
    const verified = await jwtVerify(token, keys, {
      algorithms: ["EdDSA"],
      typ: "at+jwt",
      issuer,
      audience,
      requiredClaims: ["sub", "exp", "sid", "roles"],
    }).catch((error: { code?: string }) => {
      if (IS_TOKENS_FAULT.test(error.code ?? "")) return undefined;
      throw error;
    });
    if (verified === undefined) return undefined;
    const { sub = "", exp = 0, sid, roles, preferred_username: username } = verified.payload;
    return {
      userId: sub,
      username: typeof username === "string" ? username : sub,
      roles: Array.isArray(roles) ? ROLES.filter((role) => roles.includes(role)) : [],
      sessionId: String(sid),
      expiresAt: new Date(exp * 1_000),
    };
  };
}
