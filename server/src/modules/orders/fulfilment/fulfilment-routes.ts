// Routes of staff on an order's way to its customer: steps, review, shipping, delivery.

import { type HttpServer, readCaller, send } from "../../../http/index.ts";
import { readOptionalId, readText } from "../../../values/read-input.ts";
import { OrderShape, ShippedOrder } from "../answer-schemas.ts";
import { advanceOrder, reviewOrder } from "../changing/advance-order.ts";
import { changeOrder, type OrderAct } from "../changing/change-order.ts";
import { OrderParams, ReviewInput, StepInput } from "../schemas.ts";
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
  server.post(
    "/orders/:id/steps",
    {
      schema: {
        tags,
        operationId: "advanceOrder",
        summary: "Take an order one step on (staff)",
        description: "CONFIRMED lets an unpaid order go ahead: an invoice.",
        params: OrderParams,
        body: StepInput,
        response: { 200: OrderShape },
      },
    },
    async (request, reply) => {
      const { to, note } = request.body;
      const act = advanceOrder({ to, note: readText(note, "note") });
      const { id } = request.params;
      return send(reply, await changeOrder(services, readCaller(request), { id, act }), 200);
    },
  );

  server.post(
    "/orders/:id/review",
    {
      schema: {
        tags,
        operationId: "reviewOrder",
        summary: "Decide over an order that the fraud check stopped (staff)",
        params: OrderParams,
        body: ReviewInput,
        response: { 200: OrderShape },
      },
    },
    async (request, reply) => {
      const { decision, note } = request.body;
      const act = reviewOrder({ isAccepted: decision === "accept", note: readText(note, "note") });
      const { id } = request.params;
      return send(reply, await changeOrder(services, readCaller(request), { id, act }), 200);
    },
  );
}

function addShipping(server: HttpServer, services: OrderServices): void {
  server.post(
    "/orders/:id/ship",
    {
      schema: {
        tags,
        operationId: "shipOrder",
        summary: "Ship an order, wholly or in part (staff)",
        description:
          "What is shipped leaves the stock and is charged; the rest stays held. An order that was refunded, or whose money is in a dispute, is not shipped unless with `ship_anyway` and a `note`.",
        params: OrderParams,
        body: ShipInput,
        response: { 201: ShippedOrder },
      },
    },
    async (request, reply) => {
      const act = shipOrder(services, readShipping(request.body));
      const { id } = request.params;
      return send(reply, await changeOrder(services, readCaller(request), { id, act }), 201);
    },
  );

  server.post(
    "/orders/:id/deliver",
    {
      schema: {
        tags,
        operationId: "deliverOrder",
        summary: "Note that shipments arrived (staff)",
        params: OrderParams,
        body: DeliverInput,
        response: { 200: OrderShape },
      },
    },
    async (request, reply) => {
      const shipmentId = readOptionalId(request.body.shipment_id, "shipment_id");
      const act: OrderAct = deliverOrder({ shipmentId });
      const { id } = request.params;
      return send(reply, await changeOrder(services, readCaller(request), { id, act }), 200);
    },
  );
}
