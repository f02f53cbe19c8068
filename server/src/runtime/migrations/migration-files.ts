// The .sql files that make the schema, in the order of their numbers, each with its SHA-256: one baseline per module, after that
// only forward migrations.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { FROZEN_MIGRATIONS } from "./frozen-migrations.ts";

export interface Migration {
  readonly name: string;
  readonly body: string;
  readonly checksum: string;
}

/** A file or a database that does not fit this program; one line that says what to do. */
export class MigrationError extends Error {
  readonly what: string;
  readonly wayOut: string;
  constructor(what: string, wayOut: string) {
    super(`${what}: ${wayOut}`);
    this.name = "MigrationError";
    this.what = what;
    this.wayOut = wayOut;
  }
}

export const RESTORE_FILE = "restore the file, and put the change into a new one";

/** The files that a database is brought up to date with: the program's own, or those of a test. */
export interface MigrationSource {
  readonly folder: string;
  /** SHA-256 by file name. */
  readonly frozen: Readonly<Record<string, string>>;
}

const OWN: MigrationSource = {
  folder: join(import.meta.dirname, "..", "..", "..", "migrations"),
  frozen: FROZEN_MIGRATIONS,
};

/** @throws MigrationError where a frozen file was changed or is missing */
export function readMigrations({ folder, frozen }: MigrationSource = OWN): Migration[] {
  const migrations = readdirSync(folder)
    .filter((name) => /^\d{4}_[a-z0-9_]+\.sql$/.test(name))
    .sort()
    .map((name) => readMigration(folder, name));
  const checksums = new Map(migrations.map(({ name, checksum }) => [name, checksum]));
  for (const [name, checksum] of Object.entries(frozen)) {
    if (checksums.get(name) === checksum) continue;
    const what = checksums.has(name) ? "was changed" : "is missing";
    throw new MigrationError(
      `The migration ${name} ${what}, though a release has brought it to databases`,
      RESTORE_FILE,
    );
  }
  return migrations;
}

function readMigration(folder: string, name: string): Migration {
  const body = readFileSync(join(folder, name), "utf8");
  return { name, body, checksum: createHash("sha256").update(body).digest("hex") };
}
