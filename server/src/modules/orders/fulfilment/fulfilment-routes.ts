// Routes for staff who bring an order to its customer: steps, review, shipping, delivery.

import type { HttpServer } from "../../../http/index.ts";
import { readOptionalId, readText } from "../../../values/read-input.ts";
import { ShippedOrder } from "../answer-schemas.ts";
import { advanceOrder, reviewOrder } from "../changing/advance-order.ts";
import { addChangeRoute } from "../changing/change-routes.ts";
import { ReviewInput, StepInput } from "../schemas.ts";
import type { OrderServices } from "../services.ts";
import { deliverOrder } from "./deliver-order.ts";
import { DeliverInput, ShipInput } from "./fulfilment-schemas.ts";
import { readShipping } from "./read-shipping.ts";
import { shipOrder } from "./ship-order.ts";

const tags = ["Fulfilment"];

export function addFulfilmentRoutes(server: HttpServer, services: OrderServices): void {
  addSteps(server, services);
  addShipping(server, services);
}

function addSteps(server: HttpServer, services: OrderServices): void {
  addChangeRoute(server, services, {
    path: "/steps",
    tags,
    operationId: "advanceOrder",
    summary: "Take an order one step on (staff)",
    description: "CONFIRMED lets an unpaid order go ahead: an invoice.",
    body: StepInput,
    act: ({ body: { to, note } }) => advanceOrder({ to, note: readText(note, "note") }),
  });

  addChangeRoute(server, services, {
    path: "/review",
    tags,
    operationId: "reviewOrder",
    summary: "Decide over an order that the fraud check stopped (staff)",
    body: ReviewInput,
    act: ({ body: { decision, note } }) =>
      reviewOrder({ isAccepted: decision === "accept", note: readText(note, "note") }),
  });
}

function addShipping(server: HttpServer, services: OrderServices): void {
  addChangeRoute(server, services, {
    path: "/ship",
    tags,
    operationId: "shipOrder",
    summary: "Ship an order, wholly or in part (staff)",
    description:
      "What is shipped leaves the stock and is charged; the rest stays held. An order that was refunded, or whose money is in a dispute, is not shipped unless with `ship_anyway` and a `note`; nor is a line that was refunded by its number.",
    body: ShipInput,
    answer: ShippedOrder,
    status: 201,
    act: ({ body }) => shipOrder(services, readShipping(body)),
  });

  addChangeRoute(server, services, {
    path: "/deliver",
    tags,
    operationId: "deliverOrder",
    summary: "Note that shipments arrived (staff)",
    body: DeliverInput,
    act: ({ body: { shipment_id } }) =>
      deliverOrder({ shipmentId: readOptionalId(shipment_id, "shipment_id") }),
  });
}
