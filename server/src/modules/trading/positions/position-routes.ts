// Routes of positions: how much an owner has of each asset, what it cost, and its value at the newest quote.
import { addList, type HttpServer } from "../../../http/index.ts";
import { readForeignCode } from "../../../values/names.ts";
import type { TradingServices } from "../services.ts";
import { describePosition, findPositions } from "./find-positions.ts";
import { PositionPage, PositionQuery } from "./position-schemas.ts";

export function addPositionRoutes(server: HttpServer, services: TradingServices): void {
  addList(server, {
    url: "/positions",
    tags: ["Trading"],
    operationId: "listPositions",
    summary: "Positions: quantity, average cost, realized and unrealized gain",
    description: "Staff sees all, a customer their own.",
    query: PositionQuery,
    answer: PositionPage,
    find: async (request, page) => {
      const { owner_id, asset } = request.query;
      const ownerId = readForeignCode(owner_id, "owner_id");
      return findPositions(services, request.actor, { ownerId, asset, ...page });
    },
    describe: (position) => describePosition(services.assets, position),
  });
}
