// Rows that other modules keep beside the book. Whatever the commands of one kind must see before they decide is read once for
// the whole batch, under the accounts' locks. Rows that the commands change are written once for the batch, before its COMMIT.
import type { Tx } from "../../runtime/transaction.ts";
import { type RowKind, rankOf } from "./lock-order.ts";

/**
 * Reads rows by id, or by a text code, for a whole batch. Rows that commands will change are read FOR UPDATE, in the order of
 * their ids. The kinds are read in the order of lock-order.ts, so that all batches lock the tables in the same order.
 */
export interface RowReader<Row, Id extends RowId = number> {
  readonly kind: RowKind;
  /** Many commands lock these rows. A command that needs a row of a batch under way waits in the queue, not with its batch. */
  readonly isContended?: boolean;
  /** A row never changes once it was read. The desk keeps up to this many of them; when there are more, it starts over. */
  readonly keptMax?: number;
  /**
   * The ids are account ids, and a row changes only when the book changes its account, so the desk remembers the row with the
   * account. Rows are replaced, never changed in place, because a batch may be decided a second time.
   */
  readonly ofAccount?: {
    /** The value of a row that was not found. */
    readonly none: Row;
    /** Whether the row is `none` at `now`, for an account that last paid, or had a hold placed or ended, at `lastDebitedAt`. */
    isNone(lastDebitedAt: number, now: number): boolean;
    /** The row that the next batch would read, after what this batch booked; undefined where it has to be read again. */
    follow(row: Row, booked: AccountBooking): Row | undefined; // a method: readers of all rows go through one list
  };
  readonly read: (tx: Tx, ids: readonly Id[]) => Promise<ReadonlyMap<Id, Row>>;
}
type RowId = number | string;

/** What a batch has booked on one account. */
export interface AccountBooking {
  /** Stamps of the transfers out of the account. */
  readonly debits: readonly number[];
  /** Whether a hold on the account was placed or has ended. */
  readonly hasHoldChanged: boolean;
}

/** Writes the rows that a batch's commands left, in the order they left them. It is sent together with the book's own writes. */
export interface RowWriter<Row> {
  readonly name: string;
  readonly write: (tx: Tx, rows: readonly Row[]) => Promise<unknown>;
}

/** The rows that a command asks the batch to read. */
export type RowNeed = NeedOf<number> | NeedOf<string>;

interface NeedOf<Id extends RowId> {
  readonly reader: RowReader<unknown, Id>;
  readonly ids: readonly Id[];
}
/** A reader whose id type is ignored: the ids it is asked for and the rows it returns belong to the same reader. */
export type AnyReader = RowReader<unknown, RowId>;

/** A batch's rows, as its commands find and leave them. */
export interface BatchRows {
  /** Rows of a reader by id. A command that changes a row also sets it here, so that later commands see the change. */
  readonly of: <Row, Id extends RowId = number>(reader: RowReader<Row, Id>) => Map<Id, Row>;
  /** Leaves a row to be written. The returned function takes the row back, as long as no other row was left since. */
  readonly add: <Row>(writer: RowWriter<Row>, row: Row) => () => void;
  /** Sends the rows that were left. */
  readonly write: (tx: Tx) => Promise<unknown>[];
}

/** Rows that never change, by reader, as this desk has read them so far. */
export type KeptRows = Map<AnyReader, Map<RowId, unknown>>;

/** The rows remembered with one account, by reader. */
export type AccountRows = ReadonlyMap<AnyReader, unknown>;

/** Sources of rows that need not be read from the database. */
export interface RowMemory {
  readonly kept: KeptRows;
  /** The row remembered with an account. Undefined under locks: there the row is read, and then remembered. */
  readonly ofAccount?: (accountId: RowId, reader: AnyReader) => unknown;
}

/** Rows as they were read or remembered, and as the commands have changed them. */
export interface OpenedRows {
  readonly rows: BatchRows;
  /** Rows of the kinds remembered with accounts, by reader and account, as they were before the batch. */
  readonly ofAccounts: ReadonlyMap<AnyReader, ReadonlyMap<RowId, unknown>>;
}

/** Sends all reads at once, one per reader for all commands, in the order of locks. */
export async function readRows(
  tx: Tx,
  needs: readonly RowNeed[],
  memory: RowMemory = { kept: new Map() },
): Promise<OpenedRows> {
  const readers = [...gatherIds(needs)].sort(([a], [b]) => rankOf(a.kind) - rankOf(b.kind));
  const read = await Promise.all(
    readers.map(async ([reader, ids]) => [reader, await readOf(tx, reader, { ids, memory })] as const),
  );
  return {
    rows: createRows(new Map(read)),
    ofAccounts: new Map(
      read.flatMap(([reader, rows]) => (reader.ofAccount === undefined ? [] : [[reader, new Map(rows)]])),
    ),
  };
}

function gatherIds(needs: readonly RowNeed[]): Map<AnyReader, Set<RowId>> {
  const idsByReader = new Map<AnyReader, Set<RowId>>();
  for (const { reader, ids } of needs as readonly NeedOf<RowId>[]) {
    const known = idsByReader.get(reader) ?? new Set();
    for (const id of ids) known.add(id);
    idsByReader.set(reader, known);
  }
  return idsByReader;
}

async function readOf(
  tx: Tx,
  reader: AnyReader,
  { ids, memory }: { ids: ReadonlySet<RowId>; memory: RowMemory },
): Promise<Map<RowId, unknown>> {
  if (reader.keptMax !== undefined) return readKept(tx, reader, { ids, kept: memory.kept });
  const { ofAccount } = reader;
  if (ofAccount === undefined) return new Map(await reader.read(tx, [...ids].sort(compareIds)));
  const rows = new Map<RowId, unknown>();
  const unknown: RowId[] = [];
  for (const id of ids) {
    const remembered = memory.ofAccount?.(id, reader);
    if (remembered === undefined) unknown.push(id);
    else rows.set(id, remembered);
  }
  const found = unknown.length === 0 ? new Map() : await reader.read(tx, unknown.sort(compareIds));
  for (const id of unknown) rows.set(id, found.get(id) ?? ofAccount.none);
  return rows;
}

/** Whether all of these kinds may be read without locks, because they never change, or change only with their accounts. */
export function mayBeRemembered(needs: readonly RowNeed[]): boolean {
  return needs.every(({ reader }) => reader.keptMax !== undefined || reader.ofAccount !== undefined);
}

/** Whether any row has to be read from the database. */
export function isAnyUnknown(needs: readonly RowNeed[], { kept, ofAccount }: RowMemory): boolean {
  return (needs as readonly NeedOf<RowId>[]).some(({ reader, ids }) =>
    ids.some((id) =>
      reader.keptMax === undefined
        ? ofAccount?.(id, reader) === undefined
        : kept.get(reader)?.has(id) !== true,
    ),
  );
}

/** Rows that do not exist are not remembered: they are looked up again the next time. */
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

/** Names of the contended rows that a command needs. */
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
