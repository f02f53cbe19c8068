// Counts the program's connections, as PostgreSQL sees them: the driver reports nothing about its pool.
import type { Sql } from "./database.ts";

/** Connections of all processes of the program to this database, and how many of them are executing something. */
export async function countConnections(db: Sql): Promise<{ open: number; active: number }> {
  const [row] = await db<[{ open: number; active: number }]>`
    SELECT count(*)::int AS open, count(*) FILTER (WHERE state <> 'idle')::int AS active
    FROM pg_stat_activity
    WHERE datname = current_database()
      AND application_name = current_setting('application_name')
      AND pid <> pg_backend_pid()`;
  return { open: row.open + 1, active: row.active };
}
