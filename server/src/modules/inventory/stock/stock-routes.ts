// Routes of what a storekeeper books: receipts, adjustments, transfers, stocktakes.
import { addDeskRoute, type HttpServer } from "../../../http/index.ts";
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
  addDeskRoute(server, {
    url: "/stock/receipts",
    tags,
    operationId: "receiveStock",
    summary: "Book goods that came in, all items or none (staff)",
    description: "Opens a product's stock at a location where none was kept before.",
    body: ReceiptInput,
    answer: BookedStock,
    run: ({ body }, caller) => receiveStock(services, caller, body),
  });
}

function addAdjusting(server: HttpServer, services: InventoryServices): void {
  addDeskRoute(server, {
    url: "/stock/adjustments",
    tags,
    operationId: "adjustStock",
    summary: "Correct what is on hand, with a reason, all items or none (staff)",
    description:
      "What is reserved for an order is written off by the order: POST /orders/{id}/write-off reserves others instead.",
    body: AdjustmentInput,
    answer: BookedStock,
    run: ({ body }, caller) => adjustStock(services, caller, body),
  });
}

function addTransferring(server: HttpServer, services: InventoryServices): void {
  addDeskRoute(server, {
    url: "/stock/transfers",
    tags,
    operationId: "transferStock",
    summary: "Move goods from one location to another, all items or none (staff)",
    description:
      "What is reserved for an order is moved by the order, and stays reserved: POST /orders/{id}/move.",
    body: TransferInput,
    answer: BookedStock,
    run: ({ body }, caller) => transferStock(services, caller, body),
  });
}

function addCounting(server: HttpServer, services: InventoryServices): void {
  addDeskRoute(server, {
    url: "/stocktakes",
    tags,
    operationId: "takeStock",
    summary: "Book the differences of a count at a location (staff)",
    body: StocktakeInput,
    answer: Stocktake,
    run: ({ body }, caller) => takeStock(services, caller, body),
  });
}
