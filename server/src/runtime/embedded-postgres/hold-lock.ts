// One process per data directory. The lock is the operating system's own lock on a file, taken through SQLite, which is part of
// Node and does this right on every platform. It is taken in one step, so two starts at the same moment cannot both get it, and
// it ends with the process however that dies, so no recorded pid has to be trusted.
//
// Considered and rejected: a file with a pid (stale after kill -9, and the pid soon belongs to another process), an abstract
// socket (Linux only, and invisible from another container that shares the volume).

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { DirectoryInUseError, EmbeddedPostgresError } from "./error.ts";

export interface DirectoryLock {
  release(): void;
}

/** Protects them from the garbage collector, which would close the file and so release the lock. */
const held = new Set<DatabaseSync>();

/** Refuses at once where another process, or another start in this process, holds the directory. */
export async function holdLock(dataDir: string): Promise<DirectoryLock> {
  const holderPath = join(dataDir, "postgres-holder.json");
  const lockPath = join(dataDir, "postgres.lock");
  const database = takeLock(lockPath);
  if (database === undefined) throw await describeHolder(dataDir, holderPath);
  held.add(database);
  const release = () => {
    if (held.delete(database)) database.close();
  };
  await writeFile(holderPath, JSON.stringify({ pid: process.pid, since: new Date().toISOString() })).catch(
    (error) => {
      release();
      throw error;
    },
  );
  return { release };
}

function takeLock(lockPath: string): DatabaseSync | undefined {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(lockPath, { timeout: 0 });
    database.exec("BEGIN EXCLUSIVE"); // locks the file; nothing is ever written, so it stays empty
    return database;
  } catch (error) {
    database?.close();
    if (error instanceof Error && error.message.includes("locked")) return undefined;
    throw new EmbeddedPostgresError(
      `cannot lock ${lockPath} (${error instanceof Error ? error.message : error}): DATA_DIR must be a folder this user can write to`,
    );
  }
}

/** The file tells who holds the lock, not whether it is held: the holder writes it, and it may still name the previous one. */
async function describeHolder(dataDir: string, holderPath: string): Promise<EmbeddedPostgresError> {
  const holder: { pid?: unknown; since?: unknown } = await readFile(holderPath, "utf8")
    .then((content) => JSON.parse(content))
    .catch(() => ({}));
  const who = holder.pid === undefined ? "another process" : `process ${holder.pid} (since ${holder.since})`;
  return new DirectoryInUseError(
    `the data directory ${dataDir} is in use by ${who}: stop that one first, or choose another DATA_DIR`,
  );
}
