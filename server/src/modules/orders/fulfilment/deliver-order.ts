// Records that shipments arrived. The order is delivered when all of it is shipped and every shipment has arrived.
import type { AppError } from "../../../values/app-error.ts";
import type { Decision, Desk } from "../../desk/index.ts";
import { answerWith, type FoundOrder, type OrderAct } from "../changing/change-order.ts";
import { saveOrder } from "../changing/save-order.ts";
import { orderError } from "../errors.ts";
import { DELIVERIES, SHIPMENTS } from "./shipment-store.ts";

/**
 * An act that records the delivery of one shipment or of all; shipments that arrived earlier stay as they are.
 * Refuses `order_not_shipped`.
 */
export function deliverOrder({ shipmentId }: { shipmentId?: number | undefined }): OrderAct {
  return {
    event: "order.deliver",
    extra: async (order) => ({ needs: [{ reader: SHIPMENTS, ids: [order.id] }] }),
    decide: (desk, found) => decide(desk, found, shipmentId),
  };
}

function decide(
  desk: Desk,
  { order, payment, actor }: FoundOrder,
  shipmentId: number | undefined,
): Decision | AppError {
  const all = desk.rows.of(SHIPMENTS).get(order.id) ?? [];
  const chosen = all.filter(({ id }) => shipmentId === undefined || id === shipmentId);
  if (chosen.length === 0)
    return orderError(
      "order_not_shipped",
      shipmentId === undefined
        ? {}
        : { fields: [{ field: "shipment_id", reason: `the order has no shipment ${shipmentId}` }] },
    );
  const arriving = chosen.filter(({ deliveredAt }) => deliveredAt === null);
  if (arriving.length === 0) return answerWith(desk, order, payment);
  const at = desk.book.now;
  for (const { id } of arriving) desk.rows.add(DELIVERIES, { shipmentId: id, at });
  const arrived = new Set(arriving.map(({ id }) => id));
  const isAll = all.every(({ id, deliveredAt }) => deliveredAt !== null || arrived.has(id));
  const changed = saveOrder(desk, order, {
    set: isAll && order.fulfilment === "shipped" ? { fulfilment: "delivered" } : {},
    event: "delivered",
    note: `shipment ${arriving.map(({ id }) => id).join(", ")}`,
    actorId: actor.id,
    payment,
  });
  return answerWith(desk, changed, payment);
}
