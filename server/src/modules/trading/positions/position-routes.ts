// Routes of positions: what an owner has of each asset, what it cost, and what it is worth by the newest quote.
import { addRoute, describePage, type HttpServer, readPage } from "../../../http/index.ts";
import { readForeignCode } from "../../../values/names.ts";
import type { TradingServices } from "../services.ts";
import { describePosition, findPositions } from "./find-positions.ts";
import { PositionPage, PositionQuery } from "./position-schemas.ts";

export function addPositionRoutes(server: HttpServer, services: TradingServices): void {
  addRoute(server, {
    url: "/positions",
    tags: ["Trading"],
    operationId: "listPositions",
    summary: "Positions: quantity, average cost, realized and unrealized gain",
    description: "Staff sees all, a customer their own.",
    query: PositionQuery,
    answer: PositionPage,
    run: async (request) => {
      const { owner_id, asset, ...page } = request.query;
      const ownerId = readForeignCode(owner_id, "owner_id");
      const found = await findPositions(services, request.actor, { ownerId, asset, ...readPage(page) });
      return describePage(found, (position) => describePosition(services.assets, position));
    },
  });
}
