// Finds orders and credit notes, newest first, a page at a time: staff see all, customers their own.
import { type Actor, actsForAll } from "../../values/actor.ts";
import { asHidden } from "../../values/app-error.ts";
import { EMPTY_PAGE, type Page, toPage } from "../../values/page.ts";
import { findPaymentsOfOrders, findWhole, type WholePayment } from "../payments/index.ts";
import type { CreditNote } from "./credit-notes/credit-note.ts";
import {
  type CreditNoteFilter,
  selectCreditNote,
  selectCreditNotes,
} from "./credit-notes/credit-note-store.ts";
import { orderError } from "./errors.ts";
import { maySee, type OrderReader } from "./get-order.ts";
import type { Order } from "./order.ts";
import { type OrderFilter, selectWholeOrders } from "./order-read-store.ts";

/** Orders with their latest payments. Asking for another customer finds nothing. */
export async function findOrders(
  { db, assets }: OrderReader,
  actor: Actor,
  filter: OrderFilter,
): Promise<Page<{ order: Order; payment: WholePayment | undefined }>> {
  const own = narrow(actor, filter);
  if (own === undefined) return EMPTY_PAGE;
  const found = await selectWholeOrders(db, { ...own, limit: own.limit + 1 });
  const page = toPage(found, own.limit, ({ id }) => id);
  const orders = page.items;
  if (orders.some(({ currency }) => assets.byCode(currency) === undefined)) await assets.refresh();
  const payments = await findPaymentsOfOrders(
    db,
    orders.map(({ id }) => id),
  );
  const items = orders.map((order) => ({
    order,
    payment: findWhole(payments.get(order.id) ?? [], order.paymentId),
  }));
  return { ...page, items };
}

export async function findCreditNotes(
  { db, assets }: OrderReader,
  actor: Actor,
  filter: CreditNoteFilter,
): Promise<Page<CreditNote>> {
  const own = narrow(actor, filter);
  if (own === undefined) return EMPTY_PAGE;
  const notes = await selectCreditNotes(db, { ...own, limit: own.limit + 1 });
  if (notes.some(({ currency }) => assets.byCode(currency) === undefined)) await assets.refresh();
  return toPage(notes, own.limit, ({ id }) => id);
}

/** @throws AppError `not_found/credit_note_not_found`, also for somebody else's */
export async function getCreditNote({ db }: OrderReader, actor: Actor, id: number): Promise<CreditNote> {
  const note = await selectCreditNote(db, id);
  if (note === undefined) throw orderError("credit_note_not_found");
  if (!maySee(actor, note)) throw asHidden(orderError("credit_note_not_found"));
  return note;
}

function narrow<Filter extends { readonly customerId?: string | undefined }>(
  actor: Actor,
  filter: Filter,
): Filter | undefined {
  if (actsForAll(actor)) return filter;
  const isOther = filter.customerId !== undefined && filter.customerId !== actor.id;
  return isOther ? undefined : { ...filter, customerId: actor.id };
}
