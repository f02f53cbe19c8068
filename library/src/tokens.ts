// Access tokens of development: HS256 by a shared secret, as `countinghouse token` mints them. Production takes those of signing
// in alone, which `createTokenReader` checks.
import { decodeJwt, type JWTPayload } from "jose";
import {
  createLocalVerifier,
  mintToken,
  ROLES,
  type Role,
  type TokenSettings,
} from "../../server/src/library.ts";
import { readSettings } from "./settings.ts";

export interface TokenOptions {
  /** Default: JWT_SECRET_KEY. */
  readonly secret?: string;
  /** Default: JWT_AUDIENCE. */
  readonly audience?: string;
  /** Default: an hour. */
  readonly lifetimeSeconds?: number;
}

export interface VerifiedToken {
  readonly userId: string;
  readonly username: string;
  readonly roles: readonly Role[];
  /** Undefined: it has no end. */
  readonly expiresAt: Date | undefined;
}

export class TokenManager {
  readonly #settings: TokenSettings;
  readonly #lifetimeSeconds: number;
  readonly #takesBare: boolean;

  /** @throws Error where no secret is given and JWT_SECRET_KEY is not set, or not fit for production there */
  constructor({ secret, audience, lifetimeSeconds = 3_600 }: TokenOptions = {}) {
    const read = readSettings(["JWT_SECRET_KEY", "JWT_AUDIENCE"]);
    const key = secret ?? read.JWT_SECRET_KEY;
    if (key === undefined || key === "")
      throw new Error("JWT_SECRET_KEY is not set: tokens are signed with it");
    if (!(lifetimeSeconds > 0 && Number.isSafeInteger(lifetimeSeconds)))
      throw new Error("lifetimeSeconds must be a whole number above zero");
    this.#settings = { secret: key, audience: audience ?? read.JWT_AUDIENCE };
    this.#lifetimeSeconds = lifetimeSeconds;
    this.#takesBare = read.APP_ENV === "development";
  }

  /** @throws Error where the role is none of admin, operator, service, customer */
  async createAccessToken(username: string, role: Role): Promise<string> {
    if (!ROLES.includes(role)) throw new Error(`the role must be one of ${ROLES.join(", ")}, not "${role}"`);
    if (!/^[^\p{Cc}\p{Cs}]{1,128}$/u.test(username))
      throw new Error("the username must be text of 1 to 128 characters");
    return mintToken(this.#settings, { id: username, name: username, roles: [role] }, this.#lifetimeSeconds);
  }

  /** Whose token it is; undefined where it is forged, expired, for somebody else, or no token. */
  async verify(token: string): Promise<VerifiedToken | undefined> {
    const verifier = createLocalVerifier(this.#settings, { takesBare: this.#takesBare });
    const verified = await verifier(token).catch(() => undefined);
    if (verified === undefined) return undefined;
    const { actor, expiresAtMs } = verified;
    const expiresAt = Number.isFinite(expiresAtMs) ? new Date(expiresAtMs) : undefined;
    return { userId: actor.id, username: actor.name, roles: actor.roles, expiresAt };
  }

  /** What the token says, which proves nothing; undefined where it is no token. */
  decode(token: string): JWTPayload | undefined {
    try {
      return decodeJwt(token);
    } catch {
      return undefined;
    }
  }

  /** Whether its time is over; so it is for what is no token. One without an end never expires. */
  isExpired(token: string): boolean {
    const claims = this.decode(token);
    if (claims === undefined) return true;
    return claims.exp !== undefined && claims.exp * 1_000 <= Date.now();
  }
}
