// For other services: the rules and hashes of our passwords, apart from users and sessions.
import { createPasswordHasher, isOutdated, type PasswordHasher } from "./hash-password.ts";
import { createHashQueue } from "./hash-queue.ts";
import { checkPassword, readCommonPasswords } from "./password-rules.ts";

export interface Passwords extends Pick<PasswordHasher, "hash" | "verify"> {
  /** Whether a stored hash should be replaced at the next login. */
  readonly isOutdated: (stored: string) => boolean;
  /**
   * @param words names and addresses of the user
   * @throws AppError `invalid/password_refused` with the reason
   */
  readonly check: (password: string, words?: readonly string[]) => void;
}

const WAITING_MAX = 100;

/** @param concurrency hashes computed at once, off the event loop: 19 MiB and some 20 ms each */
export function createPasswords({ concurrency = 2 }: { readonly concurrency?: number } = {}): Passwords {
  const commonPasswords = readCommonPasswords();
  const { hash, verify } = createPasswordHasher(
    createHashQueue({ atOnce: concurrency, waitingMax: WAITING_MAX }),
  );
  return {
    hash,
    verify,
    isOutdated,
    check: (password, words = []) => checkPassword(password, { commonPasswords, words }),
  };
}
