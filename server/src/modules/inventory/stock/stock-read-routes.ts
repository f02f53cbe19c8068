// Routes that read a product's stock, its history and what is reserved, and that change how its stock is kept.

import { addCommandRoute, addList, addRoute, type HttpServer } from "../../../http/index.ts";
import { CHANGES_FIELDS, readVersions } from "../../../http/version.ts";
import { readIds, readRange } from "../../../values/read-input.ts";
import { findMovements, findReservations } from "../bookings/find-movements.ts";
import type { InventoryServices } from "../routes.ts";
import {
  MovementPage,
  MovementQuery,
  ReservationPage,
  ReservationQuery,
  Stock,
  StockChange,
  StockPage,
  StockParams,
  StockQuery,
} from "../schemas.ts";
import { changeStock, prepareStockChange } from "./change-stock.ts";
import { describeMovement, describeReservation, describeStock } from "./describe-stock.ts";
import { findStock, getStock } from "./find-stock.ts";

const tags = ["Stock"];

export function addStockReadRoutes(server: HttpServer, services: InventoryServices): void {
  addLevels(server, services);
  addChanging(server, services);
  addMovements(server, services);
  addReservations(server, services);
}

function addLevels(server: HttpServer, { db }: InventoryServices): void {
  addList(server, {
    url: "/stock",
    tags,
    operationId: "listStock",
    summary: "Stock by product: on hand, reserved, available (staff)",
    description: "With low=true: products with an open alert of low stock.",
    query: StockQuery,
    answer: StockPage,
    find: async (request, page) => {
      const { product_id, low: isLow } = request.query;
      const productIds = readIds(product_id, "product_id");
      return findStock(db, { productIds, isLow, ...page });
    },
    describe: describeStock,
  });

  addRoute(server, {
    url: "/stock/:product_id",
    tags,
    operationId: "getStock",
    summary: "A product's stock, in all and by location (staff)",
    params: StockParams,
    answer: Stock,
    isVersioned: true,
    run: async ({ params }) => describeStock(await getStock(db, params.product_id)),
  });
}

function addChanging(server: HttpServer, services: InventoryServices): void {
  const { db } = services;
  addCommandRoute(server, db, {
    method: "PATCH",
    url: "/stock/:product_id",
    tags,
    operationId: "changeStock",
    summary: "Set a product's low-stock threshold, what to reorder, and its backorder limit (staff)",
    description: CHANGES_FIELDS,
    params: StockParams,
    body: StockChange,
    answer: Stock,
    isVersioned: true,
    event: "stock.change",
    run: async (request) => {
      const { product_id: productId } = request.params;
      const { low_stock_threshold: lowStockThreshold, backorder_limit: backorderLimit } = request.body;
      const { reorder_quantity: reorderQuantity } = request.body;
      const versions = readVersions(request.headers["if-match"]);
      const change = { lowStockThreshold, reorderQuantity, backorderLimit, versions };
      await prepareStockChange(services, productId);
      return async (tx) =>
        describeStock(await changeStock(tx, services, { productId, change, actorId: request.actor.id }));
    },
  });
}

function addMovements(server: HttpServer, { db }: InventoryServices): void {
  addList(server, {
    url: "/stock/:product_id/movements",
    tags,
    operationId: "listStockMovements",
    summary: "What came and what went of a product, newest first (staff)",
    description: "Read from the ledger. The two sides of a transfer between locations share an id.",
    params: StockParams,
    query: MovementQuery,
    answer: MovementPage,
    find: async (request, page) => {
      const { location_id: locationId, ...query } = request.query;
      const { product_id: productId } = request.params;
      const which = { productId, locationId, ...readRange(query), ...page };
      return findMovements(db, which);
    },
    describe: describeMovement,
  });
}

function addReservations(server: HttpServer, { db }: InventoryServices): void {
  addList(server, {
    url: "/stock/:product_id/reservations",
    tags,
    operationId: "listStockReservations",
    summary: "What is reserved of a product, and what for, newest first (staff)",
    params: StockParams,
    query: ReservationQuery,
    answer: ReservationPage,
    find: async (request, page) => {
      const { product_id: productId } = request.params;
      return findReservations(db, { productId, ...page });
    },
    describe: describeReservation,
  });
}
