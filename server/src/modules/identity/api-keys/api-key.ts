// An API key: a program signs in with it as a user, with no more rights than the key's scopes. It looks like
// `ch_live_<id>_<secret>`, so that scanners for leaked secrets find it; only its hash is kept.
import { hash, randomBytes } from "node:crypto";
import { isProgram, type Role } from "../../../values/actor.ts";

export interface ApiKey {
  /** The part that may be shown. */
  readonly id: string;
  readonly userId: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
}

/** A key together with its user, as it is checked. */
export interface ApiKeyGrant extends ApiKey {
  /** Who made the key: the user, or staff for a program. */
  readonly createdBy: string;
  readonly roles: readonly Role[];
  readonly state: "active" | "disabled";
  readonly tokenVersion: number;
}

const API_KEY = /^ch_live_([0-9a-f]{16})_[\w-]{43}$/;

export function makeApiKey(): { readonly id: string; readonly key: string } {
  const id = randomBytes(8).toString("hex");
  return { id, key: `ch_live_${id}_${randomBytes(32).toString("base64url")}` };
}

export function isApiKey(token: string): boolean {
  return API_KEY.test(token);
}

/** A key that somebody else made is void where its user is (now) a person: staff could otherwise act as them unseen. */
export function isRightfullyHeld({ createdBy, userId, roles }: ApiKeyGrant): boolean {
  return createdBy === userId || isProgram(roles);
}

/** The secret has 256 random bits, so a plain hash is enough. */
export function hashApiKey(key: string): Buffer {
  return hash("sha256", key, "buffer");
}

export function describeApiKey(key: ApiKey) {
  return {
    id: key.id,
    prefix: `ch_live_${key.id}`,
    name: key.name,
    scopes: [...key.scopes],
    created_at: key.createdAt.toISOString(),
    expires_at: key.expiresAt.toISOString(),
    last_used_at: key.lastUsedAt?.toISOString() ?? null,
  };
}
