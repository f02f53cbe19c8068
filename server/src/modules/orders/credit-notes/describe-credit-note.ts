// The JSON document of a credit note.
import { formatStamp } from "../../../values/time.ts";
import type { Assets } from "../../ledger/index.ts";
import type { CreditNoteDocument } from "../answer-schemas.ts";
import { amountWriter } from "../describe-order.ts";
import type { CreditNote } from "./credit-note.ts";

export function describeCreditNote(assets: Assets, note: CreditNote): CreditNoteDocument {
  const write = amountWriter(assets, note.currency);
  return {
    id: String(note.id),
    order_id: writeId(note.orderId),
    kind: note.kind,
    customer_id: note.customerId,
    currency: note.currency,
    net: write(note.net),
    tax: write(note.tax),
    total: write(note.total),
    refunded: write(note.refunded),
    payment_id: writeId(note.paymentId),
    refund_id: writeId(note.refundId),
    account_id: writeId(note.accountId),
    journal_id: writeId(note.journalId),
    reason: note.reason,
    reference: note.reference,
    created_by: note.createdBy,
    created_at: formatStamp(note.id),
    items: note.lines.map((line) => ({
      line: line.lineNo,
      order_line: line.orderLineNo,
      product_id: line.productId,
      sku: line.sku,
      name: line.name,
      quantity: line.quantity,
      unit_price: line.unitPrice === null ? null : write(line.unitPrice),
      net: write(line.net),
      tax: write(line.tax),
      total: write(line.gross),
      restocked: line.stockJournalId !== null,
      location_id: line.locationId,
    })),
  };
}

function writeId(id: number | null): string | null {
  return id === null ? null : String(id);
}
