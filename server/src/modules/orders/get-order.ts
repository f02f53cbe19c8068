// Reads orders for those who may see them: staff see all, customers their own. Others' orders are answered like missing ones.
import type { Sql } from "../../runtime/database.ts";
import { readTogether } from "../../runtime/reads/read-together.ts";
import type { Vault } from "../../runtime/vault/vault.ts";
import { type Actor, actsForAll } from "../../values/actor.ts";
import { asHidden } from "../../values/app-error.ts";
import { formatStamp } from "../../values/time.ts";
import type { Assets } from "../ledger/index.ts";
import { findPaymentsOfOrders, findWhole, type Payment, type WholePayment } from "../payments/index.ts";
import { type OrderAddresses, openAddresses } from "./addresses.ts";
import type { OrderDetailDocument } from "./answer-schemas.ts";
import type { CreditNote } from "./credit-notes/credit-note.ts";
import { selectCreditNotesOfOrders } from "./credit-notes/credit-note-store.ts";
import { describeCreditNote } from "./credit-notes/describe-credit-note.ts";
import { amountWriter, describeOrder, describePayment } from "./describe-order.ts";
import { orderError } from "./errors.ts";
import { describeShipments, type Shipment } from "./fulfilment/shipment.ts";
import { selectShipmentsOfOrders } from "./fulfilment/shipment-store.ts";
import type { Order } from "./order.ts";
import * as store from "./order-read-store.ts";

export interface OrderReader {
  readonly db: Sql;
  readonly assets: Assets;
}

export interface OrderWithPayment {
  readonly order: Order;
  /** The latest payment; undefined where there is none. */
  readonly payment: WholePayment | undefined;
}

export function maySee(actor: Actor, order: Pick<Order, "customerId">): boolean {
  return actsForAll(actor) || order.customerId === actor.id;
}

/** @throws AppError `not_found/order_not_found`, also for somebody else's order */
export async function getOrderWithPayment(
  { db, assets }: OrderReader,
  actor: Actor,
  id: number,
): Promise<OrderWithPayment> {
  const { order, payments } = await read({ db, assets }, actor, id);
  return { order, payment: findWhole(payments, order.paymentId) };
}

async function read(
  { db, assets }: OrderReader,
  actor: Actor,
  id: number,
): Promise<{ order: Order; payments: readonly Payment[] }> {
  const [order, payments] = await Promise.all([readOrder(db, id), readPayments(db, id)]);
  if (order === undefined) throw orderError("order_not_found");
  if (!maySee(actor, order)) throw asHidden(orderError("order_not_found"));
  if (assets.byCode(order.currency) === undefined) await assets.refresh();
  return { order, payments: payments ?? [] };
}

// Each part is read once for all who ask for orders at the same time.
const readOrder = readTogether(store.selectOrdersById);
const readPayments = readTogether<number, Payment[]>(findPaymentsOfOrders);
const readSealed = readTogether(store.selectAddressesOf);
const readEntries = readTogether(store.selectEntriesOf);
const readShipments = readTogether<number, Shipment[]>((sql, ids) => selectShipmentsOfOrders({ sql }, ids));
const readNotes = readTogether<number, CreditNote[]>((sql, ids) => selectCreditNotesOfOrders({ sql }, ids));

/**
 * An order with everything about it: payments, shipments, credit notes, timeline.
 * @throws AppError `not_found/order_not_found`
 */
export async function getOrderDetail(
  reader: OrderReader & { vault: Vault },
  actor: Actor,
  id: number,
): Promise<OrderDetailDocument> {
  const { db, assets, vault } = reader;
  const [{ order, payments }, sealed, entries = [], shipments = [], notes = []] = await Promise.all([
    read(reader, actor, id),
    readSealed(db, id),
    readEntries(db, id),
    readShipments(db, id),
    readNotes(db, id),
  ]);
  const write = amountWriter(assets, order.currency);
  const payment = findWhole(payments, order.paymentId);
  const addresses = await openAddresses(vault, sealed);
  return {
    ...describeOrder(assets, { order, payment, addresses }),
    payments: payments.map((one) => describePayment(one, write)),
    shipments: describeShipments(shipments),
    credit_notes: notes.map((note) => describeCreditNote(assets, note)),
    timeline: [
      {
        at: formatStamp(order.id),
        event: "placed",
        actor_id: order.placedBy,
        from: null,
        to: order.placedState,
        note: null,
      },
      ...entries.map(({ at, event, actorId, from, to, note }) => ({
        at: formatStamp(at),
        event,
        actor_id: actorId,
        from,
        to,
        note,
      })),
    ],
  };
}

/** An order's addresses, decrypted; the caller has checked that the actor may see the order. */
export async function getAddresses(
  { db, vault }: { db: Sql; vault: Vault },
  orderId: number,
): Promise<OrderAddresses> {
  return openAddresses(vault, await readSealed(db, orderId));
}
