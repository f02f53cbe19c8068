// Builds a credit note for an order and leaves it to be written with the batch: the same for every kind of return.
import { sum } from "../../../values/money.ts";
import type { Desk } from "../../desk/index.ts";
import type { StockAccount } from "../../inventory/index.ts";
import { takeStamps } from "../../ledger/index.ts";
import type { CreditNoteDocument } from "../answer-schemas.ts";
import type { Order, OrderLine } from "../order.ts";
import type { CreditedPart, CreditNote, CreditNoteKind, CreditNoteLine } from "./credit-note.ts";
import { CREDIT_NOTES, NEW_CREDIT_NOTES } from "./credit-note-store.ts";
import { describeCreditNote } from "./describe-credit-note.ts";

/** A part of a line, and the location that its goods go to; null: none. */
export interface Part extends CreditedPart {
  readonly shelf: Pick<StockAccount, "accountId" | "locationId"> | null;
}

export function toNoteLine(
  { line, quantity, gross, tax, shelf }: Part,
  { lineNo, stockJournalId }: { lineNo: number; stockJournalId: number | null },
): CreditNoteLine {
  return {
    lineNo,
    orderLineNo: line.lineNo,
    productId: line.productId,
    sku: line.sku,
    name: line.name,
    quantity,
    unitPrice: quantity === 0 ? null : line.unitPrice,
    net: gross - tax,
    tax,
    gross,
    stockAccountId: shelf?.accountId ?? null,
    locationId: shelf?.locationId ?? null,
    stockJournalId,
  };
}

/** The order's lines after a note of this kind has given these parts back, or taken them back. */
export function applyParts(
  lines: readonly OrderLine[],
  kind: CreditNoteKind,
  parts: readonly CreditedPart[],
): OrderLine[] {
  return lines.map((line) => {
    const own = parts.filter((part) => part.line.lineNo === line.lineNo);
    const units = own.reduce((count, part) => count + part.quantity, 0);
    const returned = line.returned + (kind === "return" ? units : 0);
    const cancelled = line.cancelled + (kind === "cancellation" ? units : 0);
    return { ...line, returned, cancelled, credited: line.credited + sum(own.map((part) => part.gross)) };
  });
}

export function sumParts(parts: readonly Pick<CreditedPart, "gross" | "tax">[]): {
  total: bigint;
  tax: bigint;
} {
  return { total: sum(parts.map((part) => part.gross)), tax: sum(parts.map((part) => part.tax)) };
}

export type NewNote = Pick<
  CreditNote,
  "kind" | "refunded" | "paymentId" | "refundId" | "accountId" | "reason" | "createdBy" | "lines"
> & {
  readonly amounts: { readonly total: bigint; readonly tax: bigint };
  readonly reference?: string | null;
};

/** Takes a stamp. */
export function buildCreditNote(
  desk: Desk,
  { id: orderId, customerId, currency }: Order,
  { amounts: { total, tax }, reference = null, ...fields }: NewNote,
): CreditNote {
  return {
    ...fields,
    id: takeStamps(desk.book, 1),
    orderId,
    customerId,
    currency,
    net: total - tax,
    tax,
    total,
    journalId: null,
    reference,
  };
}

/** Call this only after the last step that may refuse: nothing undoes it. Appends the event too. */
export function leaveCreditNote(desk: Desk, note: CreditNote): CreditNoteDocument {
  desk.rows.add(NEW_CREDIT_NOTES, note);
  const known = desk.rows.of(CREDIT_NOTES);
  const notes = known.get(note.orderId ?? 0);
  if (notes !== undefined) known.set(note.orderId ?? 0, [...notes, note]);
  const document = describeCreditNote(desk.assets, note);
  desk.events.push({ topic: "credit_note.created", payload: JSON.stringify(document) });
  return document;
}
