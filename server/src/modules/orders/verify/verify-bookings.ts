// Compares the holds and movements that orders, shipments and credit notes name with the ledger. One function per
// check: it returns its first difference in words, or undefined.

import { findStockOfAccounts, unitAccounts } from "../../inventory/index.ts";
import {
  type BookedTransfer,
  countActiveHolds,
  countOwnedJournals,
  findActiveHoldIds,
  findHoldsById,
  findTransfers,
  findUnknownJournal,
  getSystemSums,
  type KeptHold,
  tellAmounts,
  type VerifySubject,
} from "../../ledger/index.ts";
import { type Attempt, findAttempts } from "../../payments/index.ts";
import type { Found, OrderDifference } from "./verify-difference.ts";
import * as store from "./verify-pages-store.ts";

const PAGE = 2_000;

/** Every active hold in favor of sold goods belongs to one line. Whether lines' holds are active is checked order by order. */
export async function checkNamedHolds({ tx, assets }: VerifySubject): Found {
  const { sold } = unitAccounts(assets);
  const named = await store.countHoldsOfLines(tx);
  const active = await countActiveHolds(tx, sold);
  if (named.count === active && named.distinct === active) return undefined;
  const lines = await store.selectNamedHolds(tx);
  for (const [holdId, { orderId, count }] of lines)
    if (count > 1)
      return {
        check: "order_holds",
        what: `hold ${holdId} of order ${orderId} is named by ${count} lines`,
        orderId,
        holdId,
      };
  for (let afterId = 0; ; ) {
    const ids = await findActiveHoldIds(tx, { creditAccountId: sold, afterId, limit: PAGE });
    const last = ids.at(-1);
    if (last === undefined) return undefined; // a line names a hold that is not active: that is checked order by order
    const holdId = ids.find((id) => !lines.has(id));
    if (holdId !== undefined)
      return {
        check: "order_holds",
        what: `hold ${holdId} keeps units for an order, and no order names it`,
        holdId,
      };
    afterId = last;
  }
}

/** Every unit shipped was captured from the hold that the shipment names. */
export async function checkShipments({ tx, assets, since }: VerifySubject): Found {
  const { sold } = unitAccounts(assets);
  for (let afterId = 0; ; ) {
    const page = await store.selectShippedParts(tx, { since, afterId, limit: PAGE });
    const last = page.at(-1);
    if (last === undefined) return undefined;
    const parts = page.filter(({ holdId }) => holdId !== 0);
    const holds = await findHoldsById(
      tx,
      parts.map(({ holdId }) => holdId),
    );
    const wrong = parts.find((part) => !isCaptured(part, holds.get(part.holdId), sold));
    if (wrong !== undefined) return describeShipment(wrong, holds.get(wrong.holdId));
    afterId = last.shipmentId;
  }
}

function isCaptured(part: store.ShippedPart, hold: KeptHold | undefined, sold: number): boolean {
  return (
    hold?.state === "captured" &&
    hold.captured === BigInt(part.quantity) &&
    hold.debitAccountId === part.stockAccountId &&
    hold.creditAccountId === sold
  );
}

function describeShipment(part: store.ShippedPart, hold: KeptHold | undefined): OrderDifference {
  const { orderId, holdId, lineNo, shipmentId } = part;
  const expected = `${part.quantity} units of account ${part.stockAccountId}`;
  const stored =
    hold === undefined ? "no such hold" : `${hold.captured} units of account ${hold.debitAccountId}`;
  const what = `shipment ${shipmentId} took ${expected} for line ${lineNo} of order ${orderId}, and hold ${holdId} says ${stored}`;
  return { check: "order_shipments", what, orderId, holdId, expected, stored };
}

/** Returned goods were booked back on the shelf, which is their product's at the location that the note names. */
export async function checkPutBack({ tx, assets, since }: VerifySubject): Found {
  const { sold } = unitAccounts(assets);
  for (let afterId = 0; ; ) {
    const page = await store.selectPutBack(tx, { since, afterId, limit: PAGE });
    const last = page.at(-1);
    if (last === undefined) return undefined;
    const accountIds = page.flatMap(({ accountId }) => accountId ?? []);
    const [transfers, shelves] = await Promise.all([
      readTransfers(tx, page),
      findStockOfAccounts(tx, accountIds),
    ]);
    for (const note of page) {
      const shelf = shelves.get(note.accountId ?? 0);
      if (shelf?.productId !== note.productId || shelf?.locationId !== note.locationId) {
        const what = `credit note ${note.noteId} put product ${note.productId} back at location ${note.locationId}, and account ${note.accountId} counts another`;
        return describeBooking("order_returns", note, what);
      }
      const movement = { from: sold, to: note.accountId ?? 0, amount: note.amount };
      if (isBooked(transfers.get(note.journalId), movement)) continue;
      const what = `credit note ${note.noteId} put ${note.amount} units back on account ${note.accountId}, and journal ${note.journalId} says otherwise`;
      return describeBooking("order_returns", note, what);
    }
    afterId = last.noteId;
  }
}

/** The money of credit notes without an order went where the notes say. */
export async function checkPaidOut(subject: VerifySubject): Found {
  const { tx, since } = subject;
  for (let afterId = 0; ; ) {
    const page = await store.selectPaidOut(tx, { since, afterId, limit: PAGE });
    const last = page.at(-1);
    if (last === undefined) return undefined;
    const transfers = await readTransfers(tx, page);
    const wrong = page.find((note) => !isPaidOut(subject, note, transfers));
    if (wrong !== undefined) {
      const names = [""];
      const amount = tellAmounts(subject, wrong.currency, { amounts: String(wrong.amount), names });
      const what = `credit note ${wrong.noteId} gave ${amount} back, and journal ${wrong.journalId} says otherwise`;
      return describeBooking("order_refunds", wrong, what);
    }
    afterId = last.noteId;
  }
}

/** Every journal that the ledger says belongs to a credit note is named by a note. */
export async function checkOwnedNotes({ tx, assets, since }: VerifySubject): Found {
  const accountIds = assets
    .all()
    .flatMap(({ id, kind }) => (kind === "money" ? [assets.systemAccount(id, "sales")] : []));
  const owned = { since, ownerTypes: ["credit_note"], accountIds } as const;
  if ((await countOwnedJournals(tx, owned)) === (await store.countJournalsOfNotes(tx, since)))
    return undefined;
  const journalId = await findUnknownJournal(tx, owned, (range) => store.selectJournalsOfNotes(tx, range));
  if (journalId === undefined) return undefined;
  const what = `journal ${journalId} moved money of a credit note, and no credit note knows of it`;
  return { check: "order_refunds", what, journalId };
}

/** The tax first, where there is some, then the whole amount. */
function isPaidOut(
  { assets }: VerifySubject,
  { journalId, accountId, amount, tax, currency }: store.NotedBooking,
  transfers: ReadonlyMap<number, BookedTransfer>,
): boolean {
  const assetId = assets.byCode(currency)?.id;
  if (assetId === undefined) return false;
  const account = (name: "sales" | "tax" | "world") => assets.systemAccount(assetId, name);
  const sales = account("sales");
  const hasTax = tax > 0n;
  const taxMovement = { from: account("tax"), to: sales, amount: tax };
  if (hasTax && !isBooked(transfers.get(journalId), taxMovement)) return false;
  const whole = transfers.get(hasTax ? journalId + 1 : journalId);
  return isBooked(whole, { from: sales, to: accountId ?? account("world"), amount });
}

function readTransfers(
  tx: VerifySubject["tx"],
  notes: readonly store.NotedBooking[],
): Promise<ReadonlyMap<number, BookedTransfer>> {
  return findTransfers(
    tx,
    notes.flatMap(({ journalId }) => [journalId, journalId + 1]),
  );
}

function isBooked(
  transfer: BookedTransfer | undefined,
  { from, to, amount }: { from: number; to: number; amount: bigint },
): boolean {
  return transfer?.debitAccountId === from && transfer.creditAccountId === to && transfer.amount === amount;
}

function describeBooking(
  check: "order_returns" | "order_refunds",
  { noteId: creditNoteId, orderId, journalId }: store.NotedBooking,
  what: string,
): OrderDifference {
  return { check, what, creditNoteId, journalId, ...(orderId === null ? {} : { orderId }) };
}

/** Every refund that a credit note names belongs to its payment and has the same amount, or more where some was overpaid. */
export async function checkRefunds(subject: VerifySubject): Found {
  const { tx, since } = subject;
  for (let afterId = 0; ; ) {
    const page = await store.selectNotedRefunds(tx, { since, afterId, limit: PAGE });
    const last = page.at(-1);
    if (last === undefined) return undefined;
    const refunds = await findAttempts(
      tx,
      page.map(({ refundId }) => refundId),
    );
    const wrong = page.find((note) => !isRefunded(note, refunds.get(note.refundId)));
    if (wrong !== undefined) {
      const { noteId: creditNoteId, orderId, paymentId, refundId } = wrong;
      const amount = tellAmounts(subject, wrong.currency, { amounts: String(wrong.amount), names: [""] });
      const what = `credit note ${creditNoteId} of order ${orderId} refunds ${amount}, and payment ${paymentId} has no such refund (${refundId})`;
      return { check: "order_refunds", what, orderId, creditNoteId, paymentId };
    }
    afterId = last.noteId;
  }
}

function isRefunded(
  { paymentId, amount, hasRepaid }: store.NotedRefund,
  refund: Attempt | undefined,
): boolean {
  if (refund?.act !== "refund" || refund.paymentId !== paymentId) return false;
  const size = amount < 0n ? -amount : amount;
  const mayBeMore = hasRepaid || refund.state === "failed";
  return refund.amountMinor === size || (mayBeMore && refund.amountMinor > size);
}

/** All units that the ledger sold are on shipments, and all that it took back are on credit notes. */
export async function checkUnits({ tx, assets }: VerifySubject): Found {
  const accountId = unitAccounts(assets).sold;
  const { shipped, returned } = await store.countUnits(tx);
  const { credits, debits } = await getSystemSums(tx, accountId);
  if (shipped === credits && returned === debits) return undefined;
  const expected = `${shipped} units shipped and ${returned} returned`;
  const stored = `${credits} and ${debits}`;
  const what = `orders say ${expected}, and the ledger's account ${accountId} says ${stored}`;
  return { check: "order_units", what, accountId, expected, stored };
}
