// Reads a table whose rows become objects of ours: each read only says which rows, and in which order.
import type { Row as SqlRow } from "postgres";
import type { AnySql } from "./pool.ts";
import type { Columns, Part } from "./row-columns.ts";
import { toArray } from "./sql-array.ts";

export interface Table<Thing> {
  /** `rest` follows FROM: sql`WHERE payment_id = ${id} ORDER BY id`. */
  readonly select: (sql: AnySql, rest: Part) => Promise<Thing[]>;
  /** Locks the rows in the order of their ids until the transaction ends. */
  readonly lockById: (sql: AnySql, ids: readonly number[]) => Promise<Map<number, Thing>>;
}

/** The name is a constant, never input. An object's id is its column `id`. */
export function tableOf<Row extends SqlRow, Thing extends object>(
  name: string,
  columns: Pick<Columns<never>, "names">,
  toThing: (row: Row) => Thing,
): Table<Thing> {
  const select = async (sql: AnySql, rest: Part): Promise<Row[]> =>
    sql<Row[]>`SELECT ${columns.names(sql)} FROM ${sql.unsafe(name)} ${rest}`.execute();
  return {
    select: async (sql, rest) => (await select(sql, rest)).map(toThing),
    lockById: async (sql, ids) => {
      const rest = sql`WHERE id = ANY(${toArray(ids)}::bigint[]) ORDER BY id FOR NO KEY UPDATE`;
      return new Map((await select(sql, rest)).map((row) => [Number(row["id"]), toThing(row)]));
    },
  };
}

/** For a statement that returns at most one row. */
export async function firstOf<Row>(rows: PromiseLike<readonly Row[]>): Promise<Row | undefined> {
  return (await rows)[0];
}
