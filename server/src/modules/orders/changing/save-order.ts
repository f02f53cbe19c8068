// Saves a changed order with the batch: its row, its entry in the timeline, its event, and the steps that follow by
// themselves. This is the only place where the state of an order changes.
import type { Desk } from "../../desk/index.ts";
import type { Payment } from "../../payments/index.ts";
import { describeChange } from "../describe-order.ts";
import type { Order } from "../order.ts";
import { ORDERS } from "../order-store.ts";
import { CHANGED_ORDERS, type ChangedOrder, NEW_ENTRIES } from "../order-write-store.ts";
import { findOwnStep, take } from "./order-facts.ts";
import { TRANSITIONS, type TransitionName } from "./states.ts";

export interface OrderChange {
  /** The changed fields, except state, version and count of entries. */
  readonly set?: Partial<Omit<Order, "id" | "state" | "version" | "entryCount">>;
  /** The step it takes; the caller has checked that it is allowed. */
  readonly step?: TransitionName | undefined;
  /** The timeline's entry; default: the step's name. Undefined without a step: none. */
  readonly event?: string | undefined;
  readonly note?: string | undefined;
  readonly actorId: string;
  /** The order's payment after the change; "another" where only another payment of the order is known. */
  readonly payment: Payment | undefined | "another";
  readonly lines?: ChangedOrder["lines"];
}

/** Call this only after the last step that may refuse: nothing undoes it. Returns the saved order. */
export function saveOrder(desk: Desk, before: Order, change: OrderChange): Order {
  const { set, step, note, actorId, payment, lines = "same" } = change;
  const changed = { ...before, ...set, version: before.version + 1 };
  const event = change.event ?? (step === undefined ? undefined : TRANSITIONS[step].entry);
  const stepped = step === undefined ? changed : take(changed, step);
  let order =
    event === undefined ? stepped : enter(desk, changed.state, { order: stepped, event, actorId, note });
  const findStep = () => (payment === "another" ? undefined : findOwnStep(order, payment));
  for (let own = findStep(); own !== undefined; own = findStep()) {
    const next = own === "cancel" ? { ...take(order, own), cancelReason: null } : take(order, own);
    const reason = own === "cancel" ? (order.cancelReason ?? undefined) : undefined;
    order = enter(desk, order.state, {
      order: next,
      event: TRANSITIONS[own].entry,
      actorId: event === undefined ? actorId : "system",
      note: reason,
    });
  }
  const { shippingStop } = order;
  if (shippingStop !== "none" && shippingStop !== before.shippingStop)
    order = enter(desk, order.state, { order, event: "shipping_stopped", actorId, note: shippingStop });
  desk.rows.of(ORDERS).set(order.id, order);
  desk.rows.add(CHANGED_ORDERS, { order, lines });
  return order;
}

/** Adds an entry to the timeline and appends its event. */
function enter(
  desk: Desk,
  from: Order["state"],
  what: { order: Order; event: string; actorId: string; note: string | undefined },
): Order {
  const { event, actorId, note } = what;
  const order = { ...what.order, entryCount: what.order.entryCount + 1 };
  const { id: orderId, entryCount: seq, state: to } = order;
  desk.rows.add(NEW_ENTRIES, {
    orderId,
    seq,
    at: desk.book.now,
    event,
    actorId,
    from,
    to,
    note: note ?? null,
  });
  desk.events.push({ topic: `order.${event}`, payload: describeChange(order, { event, actorId }) });
  return order;
}
