// Routes of what a storekeeper books: receipts, adjustments, transfers, stocktakes.
import { type HttpServer, readCaller, send } from "../../../http/index.ts";
import { adjustStock, receiveStock, takeStock, transferStock } from "../bookings/keep-stock.ts";
import type { InventoryServices } from "../routes.ts";
import {
  AdjustmentInput,
  BookedStock,
  ReceiptInput,
  Stocktake,
  StocktakeInput,
  TransferInput,
} from "../schemas.ts";

const tags = ["Stock"];

export function addStockRoutes(server: HttpServer, services: InventoryServices): void {
  addReceiving(server, services);
  addAdjusting(server, services);
  addTransferring(server, services);
  addCounting(server, services);
}

function addReceiving(server: HttpServer, services: InventoryServices): void {
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
      return send(reply, await receiveStock(services, readCaller(request), request.body));
    },
  );
}

function addAdjusting(server: HttpServer, services: InventoryServices): void {
  server.post(
    "/stock/adjustments",
    {
      schema: {
        tags,
        operationId: "adjustStock",
        summary: "Correct what is on hand, with a reason, all items or none (staff)",
        description:
          "What is reserved for an order is written off by the order: POST /orders/{id}/write-off reserves others instead.",
        body: AdjustmentInput,
        response: { 201: BookedStock },
      },
    },
    async (request, reply) => {
      return send(reply, await adjustStock(services, readCaller(request), request.body));
    },
  );
}

function addTransferring(server: HttpServer, services: InventoryServices): void {
  server.post(
    "/stock/transfers",
    {
      schema: {
        tags,
        operationId: "transferStock",
        summary: "Move goods from one location to another, all items or none (staff)",
        description:
          "What is reserved for an order is moved by the order, and stays reserved: POST /orders/{id}/move.",
        body: TransferInput,
        response: { 201: BookedStock },
      },
    },
    async (request, reply) => {
      return send(reply, await transferStock(services, readCaller(request), request.body));
    },
  );
}

function addCounting(server: HttpServer, services: InventoryServices): void {
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
      return send(reply, await takeStock(services, readCaller(request), request.body));
    },
  );
}
