// Opens what identity works with: keys and revocations in memory, the queue of password hashes, the list of common passwords.

import { createPasswordHasher, TODAYS_KIND } from "./passwords/hash-password.ts";
import { createHashQueue } from "./passwords/hash-queue.ts";
import { readCommonPasswords } from "./passwords/password-rules.ts";
import { openRevocations } from "./sessions/revocations.ts";
import type { Identity } from "./settings.ts";
import { rotateWhenDue } from "./signing-keys/rotate-signing-keys.ts";
import { openSigningKeys } from "./signing-keys/signing-keys.ts";
import { openThrottleQueue } from "./throttles/throttle-queue.ts";
import { selectOtherHashKinds } from "./users/user-store.ts";

export type IdentityOptions = Pick<Identity, "db" | "log" | "vault" | "settings"> & {
  readonly now?: () => number;
};

/** Allows about two seconds of waiting for each hash computed at once. */
const WAITING_PER_HASH = 100;

export interface OpenIdentity extends Identity {
  readonly close: () => Promise<void>;
}

export async function openIdentity(options: IdentityOptions): Promise<OpenIdentity> {
  const { db, vault, settings, now = Date.now } = options;
  const { hashConcurrency } = settings;
  const queue = createHashQueue({
    atOnce: hashConcurrency,
    waitingMax: hashConcurrency * WAITING_PER_HASH,
  });
  await rotateWhenDue({ db, vault, settings, now }); // the first key of a new database
  const keys = await openSigningKeys({ db, vault, now });
  const revocations = await openRevocations(db);
  const throttles = openThrottleQueue(db, now);
  const hasher = createPasswordHasher(queue);
  hasher.expectKinds(await selectOtherHashKinds(db, TODAYS_KIND));
  return {
    ...options,
    now,
    hasher,
    commonPasswords: readCommonPasswords(),
    keys,
    revocations,
    throttles,
    close: async () => {
      await throttles.close();
      await Promise.all([revocations.close(), keys.close()]);
    },
  };
}
