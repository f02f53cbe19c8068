// Routes for staff about goods that an order has reserved: writing off, moving, reserving again.

import type { HttpServer } from "../../../http/index.ts";
import { addChangeRoute } from "../changing/change-routes.ts";
import type { OrderServices } from "../services.ts";
import { MoveInput, WriteOffInput } from "./fulfilment-schemas.ts";
import { readMove, readWriteOff } from "./read-reserved.ts";
import { reserveShort } from "./reserve-short.ts";
import { moveUnits, writeOffUnits } from "./reserved-goods.ts";

const tags = ["Fulfilment"];

export function addReservedRoutes(server: HttpServer, services: OrderServices): void {
  addChangeRoute(server, services, {
    path: "/write-off",
    tags,
    operationId: "writeOffUnits",
    summary: "Write off units that are reserved for an order: broken, lost (staff)",
    description:
      "Others are reserved instead, as far as there are any. What is missing is `short` of its line: cancel it, or reserve it later.",
    body: WriteOffInput,
    act: ({ body }) => writeOffUnits(services, readWriteOff(body)),
  });

  addChangeRoute(server, services, {
    path: "/move",
    tags,
    operationId: "moveUnits",
    summary: "Move units that are reserved for an order to another location, still reserved (staff)",
    body: MoveInput,
    act: ({ body }) => moveUnits(services, readMove(body)),
  });

  addChangeRoute(server, services, {
    path: "/reserve",
    tags,
    operationId: "reserveShort",
    summary: "Reserve what is short of an order, as far as there are units by now (staff)",
    description:
      "Where goods were stopped because their money went back, and the refund came to nothing, they are to be shipped again: what was freed of them is reserved anew.",
    act: () => reserveShort(services),
  });
}
