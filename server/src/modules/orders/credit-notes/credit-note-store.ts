// The SQL of credit notes.

import type { Sql } from "../../../runtime/database.ts";
import { columnsOf } from "../../../runtime/row-columns.ts";
import { toArray } from "../../../runtime/sql-array.ts";
import type { Reader, Tx } from "../../../runtime/transaction.ts";
import type { PageFilter } from "../../../values/filter.ts";
import { toId } from "../../../values/id.ts";
import type { RowReader, RowWriter } from "../../desk/index.ts";
import type { CreditNote, CreditNoteKind, CreditNoteLine } from "./credit-note.ts";

interface NoteRow {
  id: bigint;
  order_id: bigint | null;
  kind: CreditNoteKind;
  customer_id: string | null;
  currency: string;
  net: bigint;
  tax: bigint;
  total: bigint;
  refunded: bigint;
  payment_id: bigint | null;
  refund_id: bigint | null;
  account_id: bigint | null;
  journal_id: bigint | null;
  reason: string;
  reference: string | null;
  created_by: string;
}

interface NoteLineRow {
  note_id: bigint;
  line_no: number;
  order_line_no: number | null;
  product_id: number | null;
  sku: string | null;
  name: string;
  quantity: number;
  unit_price: bigint | null;
  net: bigint;
  tax: bigint;
  total: bigint;
  stock_account_id: bigint | null;
  location_id: number | null;
  stock_journal_id: bigint | null;
}

const NOTE_COLUMNS = columnsOf<CreditNote>({
  id: ["bigint", (note) => note.id],
  order_id: ["bigint", (note) => note.orderId],
  kind: ["text", (note) => note.kind],
  customer_id: ["text", (note) => note.customerId],
  currency: ["text", (note) => note.currency],
  net: ["bigint", (note) => note.net],
  tax: ["bigint", (note) => note.tax],
  total: ["bigint", (note) => note.total],
  refunded: ["bigint", (note) => note.refunded],
  payment_id: ["bigint", (note) => note.paymentId],
  refund_id: ["bigint", (note) => note.refundId],
  account_id: ["bigint", (note) => note.accountId],
  journal_id: ["bigint", (note) => note.journalId],
  reason: ["text", (note) => note.reason],
  reference: ["text", (note) => note.reference],
  created_by: ["text", (note) => note.createdBy],
});

interface NewLine {
  readonly noteId: number;
  readonly line: CreditNoteLine;
}

const LINE_COLUMNS = columnsOf<NewLine>({
  note_id: ["bigint", ({ noteId }) => noteId],
  line_no: ["smallint", ({ line }) => line.lineNo],
  order_line_no: ["smallint", ({ line }) => line.orderLineNo],
  product_id: ["integer", ({ line }) => line.productId],
  sku: ["text", ({ line }) => line.sku],
  name: ["text", ({ line }) => line.name],
  quantity: ["integer", ({ line }) => line.quantity],
  unit_price: ["bigint", ({ line }) => line.unitPrice],
  net: ["bigint", ({ line }) => line.net],
  tax: ["bigint", ({ line }) => line.tax],
  total: ["bigint", ({ line }) => line.gross],
  stock_account_id: ["bigint", ({ line }) => line.stockAccountId],
  location_id: ["integer", ({ line }) => line.locationId],
  stock_journal_id: ["bigint", ({ line }) => line.stockJournalId],
});

export const NEW_CREDIT_NOTES: RowWriter<CreditNote> = {
  name: "orders.new_credit_notes",
  write: (tx, notes) => Promise.all([insertNotes(tx, notes), insertNoteLines(tx, notes)]),
};

function insertNotes({ sql }: Tx, notes: readonly CreditNote[]): Promise<unknown> {
  return sql`INSERT INTO orders.credit_notes ${NOTE_COLUMNS.rows(sql, notes)}`.execute();
}

function insertNoteLines({ sql }: Tx, notes: readonly CreditNote[]): Promise<unknown> {
  const lines = notes.flatMap((note) => note.lines.map((line) => ({ noteId: note.id, line })));
  return sql`INSERT INTO orders.credit_note_lines ${LINE_COLUMNS.rows(sql, lines)}`.execute();
}

export type CreditNoteFilter = PageFilter<{
  orderId: number;
  customerId: string;
  kind: CreditNoteKind;
  reference: string;
}>;

/** Newest first, with their lines. */
export async function selectCreditNotes(db: Sql, filter: CreditNoteFilter): Promise<CreditNote[]> {
  const { orderId, customerId, kind, reference, cursor = Number.MAX_SAFE_INTEGER, limit } = filter;
  const rows = await db<NoteRow[]>`
    SELECT ${NOTE_COLUMNS.names(db)}
    FROM orders.credit_notes
    WHERE id < ${cursor}
      ${orderId === undefined ? db`` : db`AND order_id = ${orderId}`}
      ${customerId === undefined ? db`` : db`AND customer_id = ${customerId}`}
      ${kind === undefined ? db`` : db`AND kind = ${kind}`}
      ${reference === undefined ? db`` : db`AND reference = ${reference}`}
    ORDER BY id DESC
    LIMIT ${limit}`;
  return withLines(db, rows);
}

export async function selectCreditNote(db: Sql, id: number): Promise<CreditNote | undefined> {
  const rows = await db<NoteRow[]>`
    SELECT ${NOTE_COLUMNS.names(db)}
    FROM orders.credit_notes
    WHERE id = ${id}`;
  return (await withLines(db, rows))[0];
}

/** All notes of an order by its id, oldest first. Covered by the locks of their orders' rows. */
export const CREDIT_NOTES: RowReader<readonly CreditNote[]> = {
  kind: "orders.credit_notes",
  read: async (tx, orderIds) => {
    const notes = await selectCreditNotesOfOrders(tx, orderIds);
    return new Map(orderIds.map((id) => [id, notes.get(id) ?? []]));
  },
};

/** Oldest first, with their lines: for the history of an order. */
export async function selectCreditNotesOfOrders(
  { sql }: Reader,
  orderIds: readonly number[],
): Promise<Map<number, CreditNote[]>> {
  const ids = toArray(orderIds);
  const [rows, lines] = await Promise.all([
    sql<NoteRow[]>`
        SELECT ${NOTE_COLUMNS.names(sql)}
        FROM orders.credit_notes
        WHERE order_id = ANY(${ids}::bigint[])
        ORDER BY order_id, id`.execute(),
    sql<NoteLineRow[]>`
        SELECT ${LINE_COLUMNS.names(sql, "l")}
        FROM orders.credit_notes n
        JOIN orders.credit_note_lines l ON l.note_id = n.id
        WHERE n.order_id = ANY(${ids}::bigint[])
        ORDER BY l.note_id, l.line_no`.execute(),
  ]);
  return Map.groupBy(toNotes(rows, lines), ({ orderId }) => orderId ?? 0);
}

async function withLines(db: Sql, rows: readonly NoteRow[]): Promise<CreditNote[]> {
  if (rows.length === 0) return [];
  const lines = await db<NoteLineRow[]>`
    SELECT ${LINE_COLUMNS.names(db)}
    FROM orders.credit_note_lines
    WHERE note_id = ANY(${toArray(rows.map((row) => row.id))}::bigint[])
    ORDER BY note_id, line_no`;
  return toNotes(rows, lines);
}

function toNotes(rows: readonly NoteRow[], lines: readonly NoteLineRow[]): CreditNote[] {
  const linesOf = Map.groupBy(lines, (line) => line.note_id);
  return rows.map((row) => toNote(row, (linesOf.get(row.id) ?? []).map(toNoteLine)));
}

function toNote(row: NoteRow, lines: readonly CreditNoteLine[]): CreditNote {
  return {
    id: Number(row.id),
    orderId: toId(row.order_id),
    kind: row.kind,
    customerId: row.customer_id,
    currency: row.currency,
    net: row.net,
    tax: row.tax,
    total: row.total,
    refunded: row.refunded,
    paymentId: toId(row.payment_id),
    refundId: toId(row.refund_id),
    accountId: toId(row.account_id),
    journalId: toId(row.journal_id),
    reason: row.reason,
    reference: row.reference,
    createdBy: row.created_by,
    lines,
  };
}

function toNoteLine(row: NoteLineRow): CreditNoteLine {
  return {
    lineNo: row.line_no,
    orderLineNo: row.order_line_no,
    productId: row.product_id,
    sku: row.sku,
    name: row.name,
    quantity: row.quantity,
    unitPrice: row.unit_price,
    net: row.net,
    tax: row.tax,
    gross: row.total,
    stockAccountId: toId(row.stock_account_id),
    locationId: row.location_id,
    stockJournalId: toId(row.stock_journal_id),
  };
}
