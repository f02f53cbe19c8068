// What a database's schema is, read from PostgreSQL's catalogs: one sorted line per fact, so that two databases whose lines
// are the same behave the same. Columns are told without their order, which a reader sees and no statement of ours does.
import type { Sql } from "../../src/runtime/database.ts";
import { toTextArray } from "../../src/runtime/sql-array.ts";

/** Ours: not PostgreSQL's own, nor the extension's, which is told by its name and version. */
const OWN_SCHEMAS = `SELECT oid FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'`;
const NOT_OF_EXTENSION = (table: string) =>
  `NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = '${table}'::regclass AND d.objid = o.oid AND d.deptype = 'e')`;

/** Each gives rows of one text, `line`. */
const FACTS: Readonly<Record<string, string>> = {
  extension:
    "SELECT extname || ' ' || extversion || ' in ' || extnamespace::regnamespace AS line FROM pg_extension",
  schema: `SELECT concat_ws(' ', nspname, nspowner::regrole, nspacl::text) AS line FROM pg_namespace WHERE oid IN (${OWN_SCHEMAS})`,
  relation: `
    SELECT concat_ws(' ', o.oid::regclass, o.relkind, o.relpersistence, o.relowner::regrole, am.amname, (SELECT array_agg(x ORDER BY x) FROM unnest(o.reloptions) x)::text, o.relacl::text,
      o.relrowsecurity, o.relreplident, o.reltablespace, pg_get_partkeydef(o.oid), pg_get_expr(o.relpartbound, o.oid),
      (SELECT 'of ' || inhparent::regclass FROM pg_inherits WHERE inhrelid = o.oid)) AS line
    FROM pg_class o LEFT JOIN pg_am am ON am.oid = o.relam WHERE o.relnamespace IN (${OWN_SCHEMAS}) AND ${NOT_OF_EXTENSION("pg_class")}`,
  column: `
    SELECT concat_ws(' ', a.attrelid::regclass || '.' || quote_ident(a.attname), format_type(a.atttypid, a.atttypmod),
      CASE WHEN a.attnotnull THEN 'not null' END, 'identity=' || a.attidentity::text, 'generated=' || a.attgenerated::text,
      'storage=' || a.attstorage::text, 'compression=' || a.attcompression::text, 'collation=' || a.attcollation::regcollation::text,
      'statistics=' || coalesce(a.attstattarget, -1), a.attoptions::text, a.attacl::text, 'default ' || pg_get_expr(d.adbin, d.adrelid)) AS line
    FROM pg_attribute a JOIN pg_class o ON o.oid = a.attrelid LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE o.relnamespace IN (${OWN_SCHEMAS}) AND o.relkind IN ('r', 'p', 'v', 'm', 'c') AND a.attnum > 0 AND NOT a.attisdropped`,
  constraint: `
    SELECT concat_ws(' ', o.conrelid::regclass, o.conname, pg_get_constraintdef(o.oid), 'valid=' || o.convalidated) AS line
    FROM pg_constraint o WHERE o.connamespace IN (${OWN_SCHEMAS})`,
  index: `
    SELECT concat_ws(' ', pg_get_indexdef(i.indexrelid), 'valid=' || i.indisvalid, 'ready=' || i.indisready, 'clustered=' || i.indisclustered,
      'identity=' || i.indisreplident, (SELECT 'of ' || inhparent::regclass FROM pg_inherits WHERE inhrelid = o.oid)) AS line
    FROM pg_index i JOIN pg_class o ON o.oid = i.indexrelid WHERE o.relnamespace IN (${OWN_SCHEMAS})`,
  sequence: `
    SELECT concat_ws(' ', s.seqrelid::regclass, s.seqtypid::regtype, s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle,
      (SELECT 'owned by ' || d.refobjid::regclass || '.' || a.attname FROM pg_depend d JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
       WHERE d.objid = s.seqrelid AND d.deptype IN ('a', 'i') AND d.refclassid = 'pg_class'::regclass)) AS line
    FROM pg_sequence s`,
  function: `
    SELECT concat_ws(' ', o.proowner::regrole, o.proacl::text, pg_get_functiondef(o.oid)) AS line
    FROM pg_proc o WHERE o.pronamespace IN (${OWN_SCHEMAS}) AND ${NOT_OF_EXTENSION("pg_proc")}`,
  trigger: `SELECT concat_ws(' ', tgenabled, pg_get_triggerdef(oid)) AS line FROM pg_trigger WHERE NOT tgisinternal`,
  "event trigger": "SELECT evtname || ' ' || evtevent AS line FROM pg_event_trigger",
  rule: `SELECT definition AS line FROM pg_rules WHERE schemaname IN (SELECT oid::regnamespace::text FROM (${OWN_SCHEMAS}) s)`,
  policy: "SELECT p::text AS line FROM pg_policies p",
  type: `
    SELECT concat_ws(' ', o.oid::regtype, o.typtype, pg_get_expr(o.typdefaultbin, 0)) AS line FROM pg_type o
    WHERE o.typnamespace IN (${OWN_SCHEMAS}) AND o.typtype IN ('d', 'e', 'r', 'm') AND ${NOT_OF_EXTENSION("pg_type")}`,
  "text search": `
    SELECT concat_ws(' ', c.oid::regconfig, c.cfgparser, m.maptokentype, m.mapseqno, m.mapdict::regdictionary) AS line
    FROM pg_ts_config c JOIN pg_ts_config_map m ON m.mapcfg = c.oid WHERE c.cfgnamespace IN (${OWN_SCHEMAS})`,
  "extended statistics": "SELECT pg_get_statisticsobjdef(oid) AS line FROM pg_statistic_ext",
  "default privileges": "SELECT d::text AS line FROM pg_default_acl d",
  comment: `
    SELECT concat_ws(' ', pg_describe_object(o.classoid, o.objoid, o.objsubid), o.description) AS line FROM pg_description o
    WHERE o.classoid = 'pg_class'::regclass AND o.objoid IN (SELECT oid FROM pg_class WHERE relnamespace IN (${OWN_SCHEMAS}))`,
};

/** Values that no two databases share: times, chance. */
const VOLATILE = ["started_at", "created_at", "applied_at", "next_run_at", "secret"];
/** How a database came to its schema is not what it is. */
const NOT_SEEDED = "runtime.migrations";

export async function describeSchema(db: Sql): Promise<string[]> {
  const lines: string[] = [];
  for (const [kind, query] of Object.entries(FACTS)) {
    const rows = await db.unsafe<{ line: string | null }[]>(query);
    lines.push(...rows.map(({ line }) => `${kind} ${line}`));
  }
  return [...lines, ...(await describeRows(db))].toSorted();
}

/** Every row there is, as a fresh database has them. */
async function describeRows(db: Sql): Promise<string[]> {
  const tables = await db<{ name: string }[]>`
    SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
    WHERE schemaname !~ '^pg_' AND schemaname <> 'information_schema' ORDER BY 1`;
  const lines: string[] = [];
  for (const { name } of tables.filter(({ name }) => name !== NOT_SEEDED)) {
    const rows = await db.unsafe<{ row: string }[]>(
      `SELECT (to_jsonb(t) - $1::text[])::text AS row FROM ${name} t`,
      [toTextArray(VOLATILE)],
    );
    lines.push(...rows.map(({ row }) => `row ${name} ${row}`));
  }
  return lines;
}
