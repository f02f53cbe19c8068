// Routes of staff on goods that an order has reserved: written off, moved, reserved anew.

import { type HttpServer, readCaller, send } from "../../../http/index.ts";
import { OrderShape } from "../answer-schemas.ts";
import { changeOrder } from "../changing/change-order.ts";
import { OrderParams } from "../schemas.ts";
import type { OrderServices } from "../services.ts";
import { MoveInput, WriteOffInput } from "./fulfilment-schemas.ts";
import { readMove, readWriteOff } from "./read-reserved.ts";
import { reserveShort } from "./reserve-short.ts";
import { moveUnits, writeOffUnits } from "./reserved-goods.ts";

const tags = ["Fulfilment"];

export function addReservedRoutes(server: HttpServer, services: OrderServices): void {
  server.post(
    "/orders/:id/write-off",
    {
      schema: {
        tags,
        operationId: "writeOffUnits",
        summary: "Write off units that are reserved for an order: broken, lost (staff)",
        description:
          "Others are reserved instead, as far as there are any. What is missing is `short` of its line: cancel it, or reserve it later.",
        params: OrderParams,
        body: WriteOffInput,
        response: { 200: OrderShape },
      },
    },
    async (request, reply) => {
      const act = writeOffUnits(services, readWriteOff(request.body));
      const { id } = request.params;
      return send(reply, await changeOrder(services, readCaller(request), { id, act }), 200);
    },
  );

  server.post(
    "/orders/:id/move",
    {
      schema: {
        tags,
        operationId: "moveUnits",
        summary: "Move units that are reserved for an order to another location, still reserved (staff)",
        params: OrderParams,
        body: MoveInput,
        response: { 200: OrderShape },
      },
    },
    async (request, reply) => {
      const act = moveUnits(services, readMove(request.body));
      const { id } = request.params;
      return send(reply, await changeOrder(services, readCaller(request), { id, act }), 200);
    },
  );

  server.post(
    "/orders/:id/reserve",
    {
      schema: {
        tags,
        operationId: "reserveShort",
        summary: "Reserve what is short of an order, as far as there are units by now (staff)",
        params: OrderParams,
        response: { 200: OrderShape },
      },
    },
    async (request, reply) => {
      const act = reserveShort(services);
      const { id } = request.params;
      return send(reply, await changeOrder(services, readCaller(request), { id, act }), 200);
    },
  );
}
