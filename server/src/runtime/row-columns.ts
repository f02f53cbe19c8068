// A table of columns (name, SQL type, how a row gives the value) is the one place that says how rows are sent to PostgreSQL. It
// gives the parts of set-based statements, so that names, arrays and types always match. The text of each part is made once,
// so that PostgreSQL prepares the statement around it only once per connection.
import type { PendingQuery, Row as SqlRow } from "postgres";
import { isBinaryElement, toBinaryArray } from "./batch-driver/binary-array.ts";
import { TAKES_BINARY } from "./batch-driver/statement.ts";
import type { AnySql } from "./pool.ts";
import { toArray, toTextArray } from "./sql-array.ts";

/** The values that a row may give for a column of each SQL type. */
interface ValueOf {
  readonly smallint: number;
  readonly integer: number;
  readonly bigint: number | bigint;
  readonly numeric: bigint | string;
  readonly boolean: boolean;
  readonly text: string;
  /** With or without dashes. */
  readonly uuid: string;
  readonly bytea: Buffer;
  /** Text keeps microseconds, which a Date does not. */
  readonly timestamptz: Date | string;
  readonly jsonb: object;
  readonly "bigint[]": readonly number[];
}

type ColumnType = keyof ValueOf;
/** NULL is null or undefined. */
type Nullable<Value> = Value | null | undefined;
type Column<Row> = {
  readonly [Type in ColumnType]: readonly [Type, (row: Row) => Nullable<ValueOf[Type]>];
}[ColumnType];

/** By name. Columns that two tables share are a table of their own, spread into both. */
export type ColumnTable<Row> = Readonly<Record<string, Column<Row>>>;

/** Part of a statement: used inside another template, and never sent alone. */
export type Part = PendingQuery<SqlRow[]>;

export interface Columns<Row> {
  /** `INSERT INTO t ${columns.rows(sql, rows)}` is `INSERT INTO t (a, b) SELECT a, b FROM unnest(...) AS new (a, b)`. */
  readonly rows: (sql: AnySql, rows: readonly Row[]) => Part;
  /** `$1::bigint[], $2::text[]`, for `unnest(...)`. */
  readonly arrays: (sql: AnySql, rows: readonly Row[]) => Part;
  /** `a, b`, or `t.a, t.b`. */
  readonly names: (sql: AnySql, table?: string) => Part;
  /** `a = new.a, b = new.b`, for UPDATE and ON CONFLICT; `from` is the name of the new values there. */
  readonly assignments: (sql: AnySql, from: string) => Part;
}

/** Describes the columns of a row; `columns` is checked against the row's type. Names are constants, never input. */
export function columnsOf<Row>(columns: ColumnTable<Row>): Columns<Row> {
  const names = Object.keys(columns);
  const list = names.join(", ");
  const values = Object.entries(columns).map(withCast).join(", ");
  const asTexts = Object.values(columns).map(toTextReader);
  const asBinary = Object.values(columns).map(toBinaryReader);
  const read = (sql: AnySql, given: readonly Row[]) =>
    (TAKES_BINARY in sql ? asBinary : asTexts).map((reader) => reader(given) as string);
  const types = Object.values(columns).map(([type]) => `::${isNested(type) ? "text" : type}[]`);
  const arrays = templateOf("", types, "");
  const rows = templateOf(`(${list}) SELECT ${values} FROM unnest(`, types, `) AS new (${list})`);
  return {
    rows: (sql, given) => sql(rows, ...read(sql, given)),
    arrays: (sql, given) => sql(arrays, ...read(sql, given)),
    names: (sql, table) =>
      sql.unsafe(table === undefined ? list : names.map((name) => `${table}.${name}`).join(", ")),
    assignments: (sql, from) =>
      sql.unsafe(
        Object.entries(columns)
          .map((column) => `${column[0]} = ${from}.${withCast(column)}`)
          .join(", "),
      ),
  };
}

/** unnest() would flatten an array of arrays, so the inner arrays are sent as text. */
function isNested(type: ColumnType): boolean {
  return type.endsWith("[]");
}

function withCast<Row>([name, [type]]: readonly [string, Column<Row>]): string {
  return isNested(type) ? `${name}::${type}` : name;
}

/** The array that a template literal gives to a driver, for a text put together here: a parameter before each of `types`. */
function templateOf(before: string, types: readonly string[], after: string): TemplateStringsArray {
  const texts = [
    before,
    ...types.map((type, index) => (index < types.length - 1 ? `${type}, ` : type + after)),
  ];
  return Object.assign(texts, { raw: texts });
}

function toTextReader<Row>([type, read]: Column<Row>): (rows: readonly Row[]) => string {
  const write = ARRAY_WRITERS[type] as (values: readonly unknown[]) => string;
  return (rows) => write(rows.map<unknown>(read));
}

/** The types of the hot path; other types are sent as text. */
function toBinaryReader<Row>(column: Column<Row>): (rows: readonly Row[]) => string | Buffer {
  const [type, read] = column;
  if (!isBinaryElement(type)) return toTextReader(column);
  return (rows) => toBinaryArray(type, rows.map<unknown>(read));
}

type ArrayWriters = {
  readonly [Type in ColumnType]: (values: readonly Nullable<ValueOf[Type]>[]) => string;
};

const ARRAY_WRITERS: ArrayWriters = {
  smallint: toArray,
  integer: toArray,
  bigint: toArray,
  numeric: asTexts(String),
  boolean: asTexts(String),
  text: toTextArray,
  uuid: toTextArray,
  bytea: asTexts((bytes) => `\\x${bytes.toString("hex")}`),
  timestamptz: asTexts((time) => (typeof time === "string" ? time : time.toISOString())),
  jsonb: asTexts((value) => JSON.stringify(value)),
  "bigint[]": asTexts(toArray),
};

function asTexts<Value>(write: (value: Value) => string): (values: readonly Nullable<Value>[]) => string {
  return (values) =>
    toTextArray(values.map((value) => (value === null || value === undefined ? null : write(value))));
}
