// Makes the month's partitions where a write finds none. Upkeep makes them months ahead, but it may have been off for long, an
// operator may have detached one, or the clock may have jumped.
import type { Sql } from "../../../runtime/database.ts";
import { createPartitions } from "./upkeep-store.ts";

/** Runs `write`; if it finds no partition, makes the present ones and runs it once more. `write` must write all or nothing. */
export async function withPartitions<T>(db: Sql, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!isPartitionMissing(error)) throw error;
    await createPartitions(db, 0);
    return await write();
  }
}

/** A violated CHECK comes with its name; the error that no partition takes the row has the same code but no name. */
function isPartitionMissing(error: unknown): boolean {
  const { code, constraint_name: constraint } = (error ?? {}) as {
    code?: unknown;
    constraint_name?: unknown;
  };
  return code === "23514" && constraint === undefined;
}
