// The rights of the database role that the server runs as: reading and writing rows, no more. It owns nothing, so even injected
// SQL can neither change append-only rows nor remove the triggers that protect them.
import { MODULE_ORDER } from "../modules.ts";
import type { Sql } from "../runtime/database.ts";
import { toTextArray } from "../runtime/sql-array.ts";
import { inTransaction } from "../runtime/transaction.ts";

/** The schema of a module that is not installed yet is missing. */
const SCHEMAS = ["runtime", ...MODULE_ORDER];
/** Rows that never change: the history of the book and of the trail. */
const APPEND_ONLY = [
  "audit.entries",
  "audit.checkpoints",
  "ledger.transfers",
  "ledger.reversals",
  "ledger.refusals",
];
/** Rows of which only these columns ever change: a hold ends, what it was placed for stays. */
const CHANGED_COLUMNS = { "ledger.holds": "state, captured, expires_at, closed_at" };
const READ_ONLY = ["runtime.migrations"];

/**
 * Gives `role` the rights it needs to serve, and removes all others. Run by the owner of the tables, after each migration.
 * @throws PostgreSQL's error where the role does not exist or the tables belong to another role
 */
export async function grantServerRole(db: Sql, role: string): Promise<void> {
  await inTransaction(db, async ({ sql }) => {
    const found = await sql<{ schema: string }[]>`
      SELECT nspname AS schema FROM pg_namespace WHERE nspname = ANY(${toTextArray(SCHEMAS)}::text[])`;
    const schemas = found.map(({ schema }) => schema).join(", ");
    const server = `"${role.replaceAll('"', '""')}"`;
    await sql.unsafe(`
      GRANT USAGE ON SCHEMA ${schemas} TO ${server};
      GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schemas} TO ${server};
      GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA ${schemas} TO ${server};
      GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ${schemas} TO ${server};`);
    const history = await sql<{ name: string }[]>`
      SELECT tree.relid::regclass::text AS name
      FROM unnest(${toTextArray(APPEND_ONLY)}::text[]::regclass[]) AS parent (id),
        pg_partition_tree(parent.id) AS tree
      UNION
      SELECT unnest(${toTextArray(APPEND_ONLY)}::text[])`;
    const names = history.map(({ name }) => name).join(", ");
    await sql.unsafe(`
      REVOKE UPDATE, DELETE ON ${names} FROM ${server};
      REVOKE INSERT, UPDATE, DELETE ON ${READ_ONLY.join(", ")} FROM ${server};`);
    for (const [table, columns] of Object.entries(CHANGED_COLUMNS)) {
      await sql.unsafe(`
        REVOKE UPDATE, DELETE ON ${table} FROM ${server};
        GRANT UPDATE (${columns}) ON ${table} TO ${server};`);
    }
  });
}

/** Whether the role may read every table: it may not where a start was killed between migrating and granting. */
export async function mayServe(db: Sql, role: string): Promise<boolean> {
  const [row] = await db<[{ may: boolean }]>`
    SELECT NOT EXISTS (
      SELECT
      FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = ANY(${toTextArray(SCHEMAS)}::text[])
        AND c.relkind IN ('r', 'p', 'S')
        AND NOT c.relispartition
        AND NOT has_table_privilege(${role}, c.oid, 'SELECT')) AS may`;
  return row.may;
}

/** Names of append-only tables that the role of this connection could rewrite: as a superuser, as their owner, or by a grant. */
export async function findRewritable(db: Sql): Promise<string[]> {
  const rows = await db<{ name: string }[]>`
    SELECT c.oid::regclass::text AS name
    FROM unnest(${toTextArray(APPEND_ONLY)}::text[]::regclass[]) AS t (id)
    JOIN pg_class c ON c.oid = t.id
    WHERE (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
      OR pg_has_role(c.relowner, 'MEMBER')
      OR has_table_privilege(c.oid, 'UPDATE, DELETE, TRUNCATE')
    ORDER BY 1`;
  return rows.map(({ name }) => name);
}
