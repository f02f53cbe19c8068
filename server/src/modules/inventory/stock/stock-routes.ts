// Routes of what a storekeeper books: receipts, adjustments, transfers, stocktakes.
import { type HttpServer, readCaller, send } from "../../../http/index.ts";
import { invalidField } from "../../../values/app-error.ts";
import {
  buildAdjustmentCommand,
  buildReceiptCommand,
  buildStockTransferCommand,
  buildStocktakeCommand,
} from "../bookings/book-stock.ts";
import type { InventoryServices } from "../routes.ts";
import {
  AdjustmentInput,
  BookedStock,
  ReceiptInput,
  Stocktake,
  StocktakeInput,
  TransferInput,
} from "../schemas.ts";
import { findPlaces, openPlaces, readPurpose, toLines, toPlace } from "./read-stock-input.ts";
import { DEFAULT_LOCATION_ID } from "./stock.ts";

const tags = ["Stock"];

export function addStockRoutes(server: HttpServer, services: InventoryServices): void {
  addReceiving(server, services);
  addAdjusting(server, services);
  addTransferring(server, services);
  addCounting(server, services);
}

function addReceiving(server: HttpServer, services: InventoryServices): void {
  const { desk, assets } = services;
  server.post(
    "/stock/receipts",
    {
      schema: {
        tags,
        operationId: "receiveStock",
        summary: "Book goods that came in, all items or none (staff)",
        description: "Opens a product's stock at a location where none was kept before.",
        body: ReceiptInput,
        response: { 201: BookedStock },
      },
    },
    async (request, reply) => {
      const { items } = request.body;
      const purpose = readPurpose(request.body);
      const accounts = await openPlaces(services, items.map(toPlace));
      const context = { ...readCaller(request), assets };
      const command = buildReceiptCommand(context, { ...purpose, lines: toLines(items, accounts) });
      return send(reply, await desk.submit(command));
    },
  );
}

function addAdjusting(server: HttpServer, services: InventoryServices): void {
  const { desk, assets } = services;
  server.post(
    "/stock/adjustments",
    {
      schema: {
        tags,
        operationId: "adjustStock",
        summary: "Correct what is on hand, with a reason, all items or none (staff)",
        description: "What is reserved cannot be taken away: cancel the orders that hold it first.",
        body: AdjustmentInput,
        response: { 201: BookedStock },
      },
    },
    async (request, reply) => {
      const { items } = request.body;
      const zero = items.findIndex(({ quantity }) => quantity === 0);
      if (zero >= 0) throw invalidField(`items[${zero}].quantity`, "must not be zero");
      const purpose = readPurpose(request.body);
      const accounts = await openPlaces(services, items.map(toPlace));
      const context = { ...readCaller(request), assets };
      const command = buildAdjustmentCommand(context, { ...purpose, lines: toLines(items, accounts) });
      return send(reply, await desk.submit(command));
    },
  );
}

function addTransferring(server: HttpServer, services: InventoryServices): void {
  const { desk, assets } = services;
  server.post(
    "/stock/transfers",
    {
      schema: {
        tags,
        operationId: "transferStock",
        summary: "Move goods from one location to another, all items or none (staff)",
        body: TransferInput,
        response: { 201: BookedStock },
      },
    },
    async (request, reply) => {
      const { items, from_location_id: from, to_location_id: to } = request.body;
      if (from === to) throw invalidField("to_location_id", "must be another location");
      const purpose = readPurpose(request.body);
      const placesAt = (locationId: number) =>
        items.map((item) => toPlace({ ...item, location_id: locationId }));
      const sources = await findPlaces(services, placesAt(from));
      const targets = await openPlaces(services, placesAt(to));
      const lines = toLines(items, sources).flatMap((line, index) => {
        const target = targets[index];
        return target === undefined ? [] : [{ ...line, to: target }];
      });
      const context = { ...readCaller(request), assets };
      return send(reply, await desk.submit(buildStockTransferCommand(context, { ...purpose, lines })));
    },
  );
}

function addCounting(server: HttpServer, services: InventoryServices): void {
  const { desk, assets } = services;
  server.post(
    "/stocktakes",
    {
      schema: {
        tags,
        operationId: "takeStock",
        summary: "Book the differences of a count at a location (staff)",
        body: StocktakeInput,
        response: { 201: Stocktake },
      },
    },
    async (request, reply) => {
      const { items, location_id: locationId = DEFAULT_LOCATION_ID } = request.body;
      const seen = new Set<number>();
      for (const [index, { product_id }] of items.entries()) {
        if (seen.has(product_id))
          throw invalidField(`items[${index}].product_id`, "is counted twice; add the counts up");
        seen.add(product_id);
      }
      const purpose = readPurpose(request.body);
      const places = items.map((item) => toPlace({ ...item, location_id: locationId }));
      const accounts = await openPlaces(services, places);
      const lines = items.flatMap(({ counted, expected }, index) => {
        const account = accounts[index];
        return account === undefined ? [] : [{ account, counted, expected }];
      });
      const context = { ...readCaller(request), assets };
      return send(
        reply,
        await desk.submit(buildStocktakeCommand(context, { ...purpose, locationId, lines })),
      );
    },
  );
}
