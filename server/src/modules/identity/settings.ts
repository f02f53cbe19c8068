// What the configuration says about identity, and the parts that its commands share.

import type { Sql } from "../../runtime/database.ts";
import type { Log } from "../../runtime/log.ts";
import type { Vault } from "../../runtime/vault/vault.ts";
import type { PasswordHasher } from "./passwords/hash-password.ts";
import type { Revocations } from "./sessions/revocations.ts";
import type { SigningKeys } from "./signing-keys/signing-keys.ts";
import type { ThrottleQueue } from "./throttles/throttle-queue.ts";

export interface IdentitySettings {
  readonly environment: "development" | "test" | "production";
  /** `iss` of our access tokens. */
  readonly issuer: string;
  /** `aud` of our access tokens. */
  readonly audience: string;
  readonly accessTokenSeconds: number;
  /** For how long a key signs access tokens before the next takes over. */
  readonly signingKeyDays: number;
  readonly sessionIdleDays: number;
  readonly sessionMaxDays: number;
  /** The program's address as seen from outside, without a slash at the end: for links in mails. */
  readonly publicUrl: string;
  readonly hashConcurrency: number;
  readonly passkeys: {
    /** The domain that passkeys are permanently bound to. */
    readonly rpId: string;
    /** The origins of the pages that may use passkeys. */
    readonly origins: readonly string[];
  };
}

export interface Identity {
  readonly db: Sql;
  readonly log: Log;
  readonly vault: Vault;
  readonly settings: IdentitySettings;
  readonly hasher: PasswordHasher;
  readonly commonPasswords: ReadonlySet<string>;
  readonly keys: SigningKeys;
  readonly revocations: Revocations;
  readonly throttles: ThrottleQueue;
  /** The time, in milliseconds since the epoch. Injected, so that tests need not wait. */
  readonly now: () => number;
}

export const DAY_MS = 86_400_000;

export function dateOf(identity: Pick<Identity, "now">, plusMs = 0): Date {
  return new Date(identity.now() + plusMs);
}
