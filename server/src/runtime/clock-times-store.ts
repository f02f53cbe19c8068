// What becomes of stored times when the database's clock, which had run ahead, is set right. A time that the program reckoned from the
// wrong clock lies too far in the future by as much as the clock was wrong; times that people named stay as they are.
import type { Tx } from "./transaction.ts";

/** Microseconds since 1970. */
export interface ClockSetBack {
  /** Now, by the clock that is right. */
  readonly at: number;
  /** By how much the clock was set back. */
  readonly microseconds: number;
  /** Stamps later than `after` and up to `until` were taken by the wrong clock. */
  readonly after: number;
  readonly until: number;
}

/** Moves a module's times, in the transaction that notes the set-back. Returns how many rows were moved. */
export type SetTimesBack = (tx: Tx, back: ClockSetBack) => Promise<number>;

/** Columns of type timestamptz. All names are constants, never input. */
export interface ClockTimes {
  readonly table: string;
  /** When a row was made or used: where one lies in the future, the wrong clock wrote it. It becomes now. */
  readonly made?: readonly string[];
  /** Reckoned from those: of such rows, moved back, but never before now. */
  readonly ends?: readonly string[];
  /** Next tries and leases, of any row: moved back, but never before now, because to try early does no harm. */
  readonly due?: readonly string[];
}

export function setTimesBack(tables: readonly ClockTimes[]): SetTimesBack {
  return async (tx, back) => {
    let count = 0;
    for (const { table, made = [], ends = [], due = [] } of tables) {
      if (made.length > 0) count += await update(tx, back, { table, isWrong: made, cut: made, moved: ends });
      for (const column of due)
        count += await update(tx, back, { table, isWrong: [column], cut: [], moved: [column] });
    }
    return count;
  };
}

interface Columns {
  readonly table: string;
  /** The rows where one of these lies in the future. */
  readonly isWrong: readonly string[];
  readonly cut: readonly string[];
  readonly moved: readonly string[];
}

async function update(
  { sql }: Tx,
  { at, after, microseconds }: ClockSetBack,
  { table, isWrong, cut, moved }: Columns,
): Promise<number> {
  const set = [
    ...cut.map((column) => `${column} = least(${column}, clock.now)`),
    ...moved.map((column) => `${column} = greatest(${column} - clock.back, clock.now)`),
  ];
  const where = isWrong.map((column) => `${column} > clock.after`);
  const { count } = await sql`
    UPDATE ${sql.unsafe(table)}
    SET ${sql.unsafe(set.join(", "))}
    FROM (
      SELECT to_timestamp(${at}::bigint / 1000000.0) AS now,
        to_timestamp(${after}::bigint / 1000000.0) AS after,
        ${microseconds}::bigint * interval '1 microsecond' AS back) AS clock
    WHERE ${sql.unsafe(where.join(" OR "))}`;
  return count;
}
