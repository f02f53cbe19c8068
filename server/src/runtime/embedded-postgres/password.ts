// The generated password of the one role, in a file that only we may read. Whoever can read it may do anything in the database.

import { randomBytes } from "node:crypto";
import { open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import type { ServerLog } from "./relay-log.ts";

export function passwordFile(dataDir: string): string {
  return join(dataDir, "postgres-password");
}

export async function readPassword(dataDir: string): Promise<string | undefined> {
  const content = await readFile(passwordFile(dataDir), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    return "";
  });
  return content.trim() || undefined;
}

/** Letters, digits, - and _ only, so that it needs no quoting in an address or in SQL. */
export function generatePassword(): string {
  return randomBytes(24).toString("base64url");
}

/** Whole and on disk, or not at all. */
export async function writePassword(dataDir: string, password: string): Promise<void> {
  const path = passwordFile(dataDir);
  const file = await open(`${path}.new`, "w", 0o600);
  await file.writeFile(`${password}\n`);
  await file.sync().finally(() => file.close());
  await rename(`${path}.new`, path);
}

/** An operator's saved connection stops working then, so a log line says so. */
export function warnOfNewPassword(log: ServerLog, dataDir: string): void {
  log.warn(
    { path: passwordFile(dataDir) },
    "the file with the PostgreSQL password was missing; set a new password",
  );
}
