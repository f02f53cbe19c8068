// Compares the migrations that were applied to a database with the files, and refuses where they contradict each other: a file
// was changed since, or an older program's baselines made the database.
import { type AnySql, DatabaseUnreachableError } from "../database.ts";
import { type Migration, MigrationError, RESTORE_FILE } from "./migration-files.ts";

export interface AppliedMigration {
  readonly name: string;
  readonly checksum: string;
}

const PERMISSION_DENIED = "42501";

/** @throws DatabaseUnreachableError where the role has no access */
export async function findAppliedMigrations(db: AnySql): Promise<AppliedMigration[]> {
  try {
    const [there] = await db<
      [{ exists: boolean }]
    >`SELECT to_regclass('runtime.migrations') IS NOT NULL AS exists`;
    return there.exists ? await db<AppliedMigration[]>`SELECT name, checksum FROM runtime.migrations` : [];
  } catch (error) {
    if ((error as { code?: unknown }).code !== PERMISSION_DENIED) throw error;
    throw new DatabaseUnreachableError(
      'The user of DB_URL has not been let in to the tables: run "countinghouse migrate --server-role <user>" with the owner\'s DB_URL.',
    );
  }
}

/**
 * The files that still have to be applied. An unknown name with a higher number than all files belongs to a newer program and
 * does no harm: this program may be running next to it while servers are being replaced.
 * @throws MigrationError where a file was changed after it had been applied, and where the database is of an older baseline
 */
export function choosePending(
  migrations: readonly Migration[],
  applied: readonly AppliedMigration[],
): Migration[] {
  const files = new Map(migrations.map((migration) => [migration.name, migration]));
  const last = migrations.at(-1)?.name ?? "";
  for (const { name, checksum } of applied.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const file = files.get(name);
    if (file === undefined ? name < last : isBaseline(name) && file.checksum !== checksum)
      throw olderBaseline(name);
    if (file !== undefined && file.checksum !== checksum)
      throw new MigrationError(
        `The migration ${name} was changed after it had been applied to this database`,
        RESTORE_FILE,
      );
  }
  const done = new Set(applied.map(({ name }) => name));
  return migrations.filter(({ name }) => !done.has(name));
}

function isBaseline(name: string): boolean {
  return name.endsWith("_baseline.sql");
}

/** There is no upgrade from a version that was never released. */
function olderBaseline(name: string): MigrationError {
  return new MigrationError(
    `This database was made by an older baseline (it has ${name}), from before the first release`,
    "export what you need with the program that made it, and start anew with another DATA_DIR or an empty database in DB_URL",
  );
}
