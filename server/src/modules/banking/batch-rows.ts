// Rows of higher modules beside the book: what commands of one kind must see before they decide is read once for the
// whole batch, under the accounts' locks; what they leave is written once for the whole batch, ahead of its COMMIT.
import type { Tx } from "../../runtime/transaction.ts";

/**
 * Reads rows by id for a whole batch. Rows that commands will change are read FOR UPDATE in id order.
 * `rank` orders the readers of a batch, lowest first, so that all batches lock tables in one order.
 */
export interface RowReader<Row> {
  readonly name: string;
  readonly rank: number;
  readonly read: (tx: Tx, ids: readonly number[]) => Promise<ReadonlyMap<number, Row>>;
}

/** Writes the rows that a batch's commands left, in the order they left them. Sent at once with the book's own writes. */
export interface RowWriter<Row> {
  readonly name: string;
  readonly write: (tx: Tx, rows: readonly Row[]) => Promise<unknown>;
}

/** What a command asks to have read. */
export interface RowNeed {
  readonly reader: RowReader<unknown>;
  readonly ids: readonly number[];
}

/** A batch's rows, as its commands find and leave them. */
export interface BatchRows {
  /** Rows of a reader by id. A command that changes a row sets it here too, for the commands behind it in the batch. */
  readonly of: <Row>(reader: RowReader<Row>) => Map<number, Row>;
  /** Leaves a row to be written. Only after the last thing that may refuse: nothing takes it back. */
  readonly add: <Row>(writer: RowWriter<Row>, row: Row) => void;
  /** Sends what was left. */
  readonly write: (tx: Tx) => Promise<unknown>[];
}

/** Sends all reads at once, each reader's once for all commands, in the order of their ranks. */
export async function readRows(tx: Tx, needs: readonly RowNeed[]): Promise<BatchRows> {
  const idsByReader = new Map<RowReader<unknown>, Set<number>>();
  for (const { reader, ids } of needs) {
    const known = idsByReader.get(reader) ?? new Set();
    for (const id of ids) known.add(id);
    idsByReader.set(reader, known);
  }
  const readers = [...idsByReader].sort(([a], [b]) => a.rank - b.rank);
  const read = await Promise.all(
    readers.map(async ([reader, ids]) => {
      const rows = await reader.read(
        tx,
        [...ids].sort((a, b) => a - b),
      );
      return [reader, new Map(rows)] as const;
    }),
  );
  return createRows(new Map(read));
}

function createRows(rowsByReader: Map<RowReader<unknown>, Map<number, unknown>>): BatchRows {
  const left = new Map<RowWriter<never>, unknown[]>();
  return {
    of: <Row>(reader: RowReader<Row>) => {
      const rows = rowsByReader.get(reader) ?? new Map<number, unknown>();
      rowsByReader.set(reader, rows);
      return rows as Map<number, Row>;
    },
    add: (writer, row) => {
      const rows = left.get(writer);
      if (rows === undefined) left.set(writer, [row]);
      else rows.push(row);
    },
    write: (tx) => [...left].map(([writer, rows]) => writer.write(tx, rows as never[])),
  };
}
