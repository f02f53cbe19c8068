// Rows of higher modules beside the book: what commands of one kind must see before they decide is read once for the
// whole batch, under the accounts' locks; what they leave is written once for the whole batch, ahead of its COMMIT.
import type { Tx } from "../../runtime/transaction.ts";
import { type RowKind, rankOf } from "./lock-order.ts";

/**
 * Reads rows by id, or by a code of text, for a whole batch. Rows that commands will change are read FOR UPDATE in that
 * order. Kinds are read in the order of lock-order.ts, so that all batches lock tables in one order.
 */
export interface RowReader<Row, Id extends RowId = number> {
  readonly kind: RowKind;
  /** Rows that many commands lock: one that needs a row of a batch under way waits in the queue, and not with its batch. */
  readonly isContended?: boolean;
  /** A row once read never changes: the desk keeps up to so many of them, and begins anew beyond. */
  readonly keptMax?: number;
  readonly read: (tx: Tx, ids: readonly Id[]) => Promise<ReadonlyMap<Id, Row>>;
}
type RowId = number | string;

/** Writes the rows that a batch's commands left, in the order they left them. Sent at once with the book's own writes. */
export interface RowWriter<Row> {
  readonly name: string;
  readonly write: (tx: Tx, rows: readonly Row[]) => Promise<unknown>;
}

/** What a command asks to have read. */
export type RowNeed = NeedOf<number> | NeedOf<string>;

interface NeedOf<Id extends RowId> {
  readonly reader: RowReader<unknown, Id>;
  readonly ids: readonly Id[];
}
/** A reader whose ids' type is not looked at: what it asks for and what it gets are of the same. */
type AnyReader = RowReader<unknown, RowId>;

/** A batch's rows, as its commands find and leave them. */
export interface BatchRows {
  /** Rows of a reader by id. A command that changes a row sets it here too, for the commands behind it in the batch. */
  readonly of: <Row, Id extends RowId = number>(reader: RowReader<Row, Id>) => Map<Id, Row>;
  /** Leaves a row to be written. What it returns takes the row back, as long as nothing else was left since. */
  readonly add: <Row>(writer: RowWriter<Row>, row: Row) => () => void;
  /** Sends what was left. */
  readonly write: (tx: Tx) => Promise<unknown>[];
}

/** Rows that never change, by reader, as one desk has met them. */
export type KeptRows = Map<AnyReader, Map<RowId, unknown>>;

/** Sends all reads at once, each reader's once for all commands, in the order of locks. */
export async function readRows(
  tx: Tx,
  needs: readonly RowNeed[],
  kept: KeptRows = new Map(),
): Promise<BatchRows> {
  const idsByReader = new Map<AnyReader, Set<RowId>>();
  for (const { reader, ids } of needs as readonly NeedOf<RowId>[]) {
    const known = idsByReader.get(reader) ?? new Set();
    for (const id of ids) known.add(id);
    idsByReader.set(reader, known);
  }
  const readers = [...idsByReader].sort(([a], [b]) => rankOf(a.kind) - rankOf(b.kind));
  const read = await Promise.all(
    readers.map(async ([reader, ids]) => {
      const rows = await (reader.keptMax === undefined
        ? reader.read(tx, [...ids].sort(compareIds))
        : readKept(tx, reader, { ids, kept }));
      return [reader, new Map(rows)] as const;
    }),
  );
  return createRows(new Map(read));
}

/** Rows that do not exist are looked up again the next time. */
async function readKept(
  tx: Tx,
  reader: AnyReader,
  { ids, kept }: { ids: ReadonlySet<RowId>; kept: KeptRows },
): Promise<Map<RowId, unknown>> {
  const known = kept.get(reader) ?? new Map<RowId, unknown>();
  kept.set(reader, known);
  const rows = new Map<RowId, unknown>();
  const unknown: RowId[] = [];
  for (const id of ids) {
    if (known.has(id)) rows.set(id, known.get(id));
    else unknown.push(id);
  }
  if (unknown.length === 0) return rows;
  const found = await reader.read(tx, unknown.sort(compareIds));
  if (known.size + found.size > (reader.keptMax ?? 0)) known.clear();
  for (const [id, row] of found) {
    known.set(id, row);
    rows.set(id, row);
  }
  return rows;
}

/** Names of the contended rows among what a command needs. */
export function nameContended(needs: readonly RowNeed[]): string[] {
  return needs.flatMap(({ reader, ids }) =>
    reader.isContended === true ? ids.map((id) => `${reader.kind} ${id}`) : [],
  );
}

function compareIds(a: RowId, b: RowId): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return a < b ? -1 : Number(a > b);
}

function createRows(rowsByReader: Map<AnyReader, Map<RowId, unknown>>): BatchRows {
  const left = new Map<RowWriter<never>, unknown[]>();
  return {
    of: <Row, Id extends RowId>(reader: RowReader<Row, Id>) => {
      const key = reader as unknown as AnyReader;
      const rows = rowsByReader.get(key) ?? new Map<RowId, unknown>();
      rowsByReader.set(key, rows);
      return rows as Map<Id, Row>;
    },
    add: (writer, row) => {
      const rows = left.get(writer) ?? [];
      left.set(writer, rows);
      rows.push(row);
      return () => {
        rows.pop();
      };
    },
    write: (tx) =>
      [...left].flatMap(([writer, rows]) => (rows.length === 0 ? [] : [writer.write(tx, rows as never[])])),
  };
}
