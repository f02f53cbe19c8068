// The SQL of credit notes.
import type { Sql } from "../../../runtime/database.ts";
import { toArray, toTextArray } from "../../../runtime/sql-array.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import type { RowWriter } from "../../desk/index.ts";
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
  stock_journal_id: bigint | null;
}

export const NEW_CREDIT_NOTES: RowWriter<CreditNote> = {
  name: "orders.new_credit_notes",
  write: (tx, notes) => Promise.all([insertNotes(tx, notes), insertNoteLines(tx, notes)]),
};

function insertNotes({ sql }: Tx, notes: readonly CreditNote[]): Promise<unknown> {
  return sql`
    INSERT INTO orders.credit_notes (id, order_id, kind, customer_id, currency, net, tax, total, refunded, payment_id, refund_id,
      account_id, journal_id, reason, reference, created_by)
    SELECT * FROM unnest(
      ${toArray(notes.map((n) => n.id))}::bigint[], ${toArray(notes.map((n) => n.orderId))}::bigint[],
      ${toTextArray(notes.map((n) => n.kind))}::text[], ${toTextArray(notes.map((n) => n.customerId))}::text[],
      ${toTextArray(notes.map((n) => n.currency))}::text[], ${toArray(notes.map((n) => n.net))}::bigint[],
      ${toArray(notes.map((n) => n.tax))}::bigint[], ${toArray(notes.map((n) => n.total))}::bigint[],
      ${toArray(notes.map((n) => n.refunded))}::bigint[], ${toArray(notes.map((n) => n.paymentId))}::bigint[],
      ${toArray(notes.map((n) => n.refundId))}::bigint[], ${toArray(notes.map((n) => n.accountId))}::bigint[],
      ${toArray(notes.map((n) => n.journalId))}::bigint[], ${toTextArray(notes.map((n) => n.reason))}::text[],
      ${toTextArray(notes.map((n) => n.reference))}::text[], ${toTextArray(notes.map((n) => n.createdBy))}::text[])`.execute();
}

function insertNoteLines({ sql }: Tx, notes: readonly CreditNote[]): Promise<unknown> {
  const ids = notes.flatMap((note) => note.lines.map(() => note.id));
  const lines = notes.flatMap((note) => note.lines);
  return sql`
    INSERT INTO orders.credit_note_lines (note_id, line_no, order_line_no, product_id, sku, name, quantity, unit_price, net, tax, total,
      stock_account_id, stock_journal_id)
    SELECT * FROM unnest(
      ${toArray(ids)}::bigint[], ${toArray(lines.map((l) => l.lineNo))}::smallint[],
      ${toArray(lines.map((l) => l.orderLineNo))}::smallint[], ${toArray(lines.map((l) => l.productId))}::integer[],
      ${toTextArray(lines.map((l) => l.sku))}::text[], ${toTextArray(lines.map((l) => l.name))}::text[],
      ${toArray(lines.map((l) => l.quantity))}::integer[], ${toArray(lines.map((l) => l.unitPrice))}::bigint[],
      ${toArray(lines.map((l) => l.net))}::bigint[], ${toArray(lines.map((l) => l.tax))}::bigint[],
      ${toArray(lines.map((l) => l.gross))}::bigint[], ${toArray(lines.map((l) => l.stockAccountId))}::bigint[],
      ${toArray(lines.map((l) => l.stockJournalId))}::bigint[])`.execute();
}

export interface CreditNoteFilter {
  readonly orderId?: number | undefined;
  readonly customerId?: string | undefined;
  readonly kind?: CreditNoteKind | undefined;
  readonly reference?: string | undefined;
  readonly beforeId?: number | undefined;
  readonly limit: number;
}

/** Newest first, with their lines. */
export async function readCreditNotes(db: Sql, filter: CreditNoteFilter): Promise<CreditNote[]> {
  const { orderId, customerId, kind, reference, beforeId = Number.MAX_SAFE_INTEGER, limit } = filter;
  const rows = await db<NoteRow[]>`
    SELECT id, order_id, kind, customer_id, currency, net, tax, total, refunded, payment_id, refund_id, account_id, journal_id, reason,
           reference, created_by
    FROM orders.credit_notes WHERE id < ${beforeId}
      ${orderId === undefined ? db`` : db`AND order_id = ${orderId}`}
      ${customerId === undefined ? db`` : db`AND customer_id = ${customerId}`}
      ${kind === undefined ? db`` : db`AND kind = ${kind}`}
      ${reference === undefined ? db`` : db`AND reference = ${reference}`}
    ORDER BY id DESC LIMIT ${limit}`;
  return withLines(db, rows);
}

export async function readCreditNote(db: Sql, id: number): Promise<CreditNote | undefined> {
  const rows = await db<NoteRow[]>`
    SELECT id, order_id, kind, customer_id, currency, net, tax, total, refunded, payment_id, refund_id, account_id, journal_id, reason,
           reference, created_by
    FROM orders.credit_notes WHERE id = ${id}`;
  return (await withLines(db, rows))[0];
}

/** Oldest first: an order's story. */
export async function findCreditNotesOfOrder(db: Sql, orderId: number): Promise<CreditNote[]> {
  return (await readCreditNotes(db, { orderId, limit: 1_000 })).reverse();
}

async function withLines(db: Sql, rows: readonly NoteRow[]): Promise<CreditNote[]> {
  if (rows.length === 0) return [];
  const lines = await db<NoteLineRow[]>`
    SELECT note_id, line_no, order_line_no, product_id, sku, name, quantity, unit_price, net, tax, total, stock_account_id, stock_journal_id
    FROM orders.credit_note_lines WHERE note_id = ANY(${toArray(rows.map((row) => row.id))}::bigint[]) ORDER BY note_id, line_no`;
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
    stockJournalId: toId(row.stock_journal_id),
  };
}

function toId(id: bigint | null): number | null {
  return id === null ? null : Number(id);
}
