// Secrets that the program makes for itself on first start: files in the data directory that only their owner may read.
import { randomBytes } from "node:crypto";
import { chmodSync, linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { makeFolder } from "./make-folder.ts";

/** A secret that can be neither read nor created; one line that says what to do. */
export class SecretFileError extends Error {
  constructor(path: string, reason: string) {
    super(
      `the secret ${path} can be neither read nor made (${reason}): run as the user who owns DATA_DIR, or choose another DATA_DIR`,
    );
    this.name = "SecretFileError";
  }
}

/**
 * Reads the secret in `path`, or makes one of `bytes` random bytes (base64url). Two processes at once end up with the same one.
 * @throws SecretFileError
 */
export function readOrCreateSecret(path: string, bytes: number): string {
  try {
    return readOrMake(path, bytes);
  } catch (error) {
    throw new SecretFileError(path, (error as Error).message);
  }
}

function readOrMake(path: string, bytes: number): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  makeFolder(dirname(path));
  const temporary = `${path}.${process.pid}.${randomBytes(4).toString("hex")}`;
  writeFileSync(temporary, `${randomBytes(bytes).toString("base64url")}\n`, { mode: 0o600, flush: true });
  chmodSync(temporary, 0o600);
  try {
    linkSync(temporary, path); // fails where another process was first: its secret counts
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
  return readFileSync(path, "utf8").trim();
}
