// Passwords by the server's own rules and hashes, under the name that earlier programs called them by.
import { createPasswords, type Passwords } from "../../server/src/library.ts";

export class PasswordManager {
  readonly #passwords: Passwords;

  /** @param options.concurrency hashes computed at once, off the event loop: 19 MiB and some 20 ms each */
  constructor(options: { readonly concurrency?: number } = {}) {
    this.#passwords = createPasswords(options);
  }

  /** Argon2id. */
  hashPassword(password: string): Promise<string> {
    return this.#passwords.hash(password);
  }

  /** Argon2id, or bcrypt from elsewhere. A null hash costs the same time and says false. */
  verifyPassword(password: string, stored: string | null): Promise<boolean> {
    return this.#passwords.verify(password, stored);
  }

  /** Whether a stored hash should be made anew at the next login. */
  isOutdated(stored: string): boolean {
    return this.#passwords.isOutdated(stored);
  }

  /**
   * @param words names and addresses of the user
   * @throws Error with the reason where the server would refuse the password too
   */
  checkPassword(password: string, words: readonly string[] = []): void {
    this.#passwords.check(password, words);
  }
}
