// Makes the month's partitions where a write finds none: upkeep makes them months ahead, but it may have been off for long,
// or somebody detached one, or the clock jumped.
import type { Sql } from "../../../runtime/database.ts";
import { createPartitions } from "./upkeep-store.ts";

/** Runs `write`; where it found no partition, makes those of now and runs it once more. It must write all or nothing. */
export async function withPartitions<T>(db: Sql, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!isPartitionMissing(error)) throw error;
    await createPartitions(db, 0);
    return await write();
  }
}

/** A check that was violated has a name; that no partition takes the row is told under the same code without one. */
function isPartitionMissing(error: unknown): boolean {
  const { code, constraint_name: constraint } = (error ?? {}) as {
    code?: unknown;
    constraint_name?: unknown;
  };
  return code === "23514" && constraint === undefined;
}
