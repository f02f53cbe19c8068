// Reads orders for those who may see them: staff see all, customers their own. Others' orders are answered like missing ones.
import type { Sql } from "../../runtime/database.ts";
import { readTogether } from "../../runtime/reads/read-together.ts";
import type { Tx } from "../../runtime/transaction.ts";
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
import type { Order, OrderEntry } from "./order.ts";
import * as store from "./order-read-store.ts";
import type { EncryptedAddresses } from "./order-write-store.ts";

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
  return show({ assets, actor }, await readFound(db, id));
}

/** @throws AppError `not_found/order_not_found` */
async function show<Found extends { readonly order: Order }>(
  { assets, actor }: { readonly assets: Assets; readonly actor: Actor },
  found: Found | undefined,
): Promise<Found> {
  if (found === undefined) throw orderError("order_not_found");
  if (!maySee(actor, found.order)) throw asHidden(orderError("order_not_found"));
  if (assets.byCode(found.order.currency) === undefined) await assets.refresh();
  return found;
}

interface FoundOrder {
  readonly order: Order;
  readonly payments: readonly Payment[];
}

async function selectFound(tx: Tx, ids: readonly number[]): Promise<Map<number, FoundOrder>> {
  const [orders, payments] = await Promise.all([
    store.selectOrdersById(tx, ids),
    findPaymentsOfOrders(tx.sql, ids),
  ]);
  return new Map([...orders].map(([id, order]) => [id, { order, payments: payments.get(id) ?? [] }]));
}

interface WholeOrder extends FoundOrder {
  readonly sealed: EncryptedAddresses | undefined;
  readonly entries: readonly OrderEntry[];
  readonly shipments: readonly Shipment[];
  readonly notes: readonly CreditNote[];
}

async function selectWhole(tx: Tx, ids: readonly number[]): Promise<Map<number, WholeOrder>> {
  const [found, sealed, entries, shipments, notes] = await Promise.all([
    selectFound(tx, ids),
    store.selectAddressesOf(tx, ids),
    store.selectEntriesOf(tx, ids),
    selectShipmentsOfOrders(tx, ids),
    selectCreditNotesOfOrders(tx, ids),
  ]);
  return new Map(
    [...found].map(([id, order]) => [
      id,
      {
        ...order,
        sealed: sealed.get(id),
        entries: entries.get(id) ?? [],
        shipments: shipments.get(id) ?? [],
        notes: notes.get(id) ?? [],
      },
    ]),
  );
}

// Each is read once for all who ask for orders at the same time.
const readFound = readTogether(selectFound);
const readWhole = readTogether(selectWhole);
const readSealed = readTogether(store.selectAddressesOf);

/** Without asking who wants to know. */
export async function findOrder(db: Sql, id: number): Promise<Order | undefined> {
  return (await readFound(db, id))?.order;
}

/**
 * An order with everything about it: payments, shipments, credit notes, timeline.
 * @throws AppError `not_found/order_not_found`
 */
export async function getOrderDetail(
  { db, assets, vault }: OrderReader & { vault: Vault },
  actor: Actor,
  id: number,
): Promise<OrderDetailDocument> {
  const whole = await show({ assets, actor }, await readWhole(db, id));
  const { order, payments, entries, shipments, notes } = whole;
  const write = amountWriter(assets, order.currency);
  const payment = findWhole(payments, order.paymentId);
  const addresses = await openAddresses(vault, whole.sealed);
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
