// Routes of purchase orders: seeing them, ordering by hand, booking the goods in.

import {
  answerCommand,
  describePage,
  type HttpServer,
  readCaller,
  readPage,
  send,
} from "../../../http/index.ts";
import { readText } from "../../../values/read-input.ts";
import type { InventoryServices } from "../routes.ts";
import { findPurchaseOrders, getPurchaseOrder } from "./find-purchase-orders.ts";
import { describePurchaseOrder, orderByHand } from "./purchase-orders.ts";
import {
  BookedStock,
  PurchaseOrder,
  PurchaseOrderInput,
  PurchaseOrderPage,
  PurchaseOrderParams,
  PurchaseOrderQuery,
  PurchaseReceiptInput,
} from "./purchase-schemas.ts";
import { receivePurchaseOrder } from "./receive-purchase-order.ts";

const tags = ["Stock"];

export function addPurchaseOrderRoutes(server: HttpServer, services: InventoryServices): void {
  addReading(server, services);
  addOrdering(server, services);
  addReceiving(server, services);
}

function addReading(server: HttpServer, { db }: InventoryServices): void {
  server.get(
    "/purchase-orders",
    {
      schema: {
        tags,
        operationId: "listPurchaseOrders",
        summary: "Orders to the supplier, newest first (staff)",
        querystring: PurchaseOrderQuery,
        response: { 200: PurchaseOrderPage },
      },
    },
    async (request) =>
      describePage(await findPurchaseOrders(db, readPage(request.query)), describePurchaseOrder),
  );

  server.get(
    "/purchase-orders/:id",
    {
      schema: {
        tags,
        operationId: "getPurchaseOrder",
        summary: "An order to the supplier (staff)",
        params: PurchaseOrderParams,
        response: { 200: PurchaseOrder },
      },
    },
    async (request) => describePurchaseOrder(await getPurchaseOrder(db, request.params.id)),
  );
}

function addOrdering(server: HttpServer, services: InventoryServices): void {
  const { db, isSupplied = false } = services;
  server.post(
    "/purchase-orders",
    {
      schema: {
        tags,
        operationId: "addPurchaseOrder",
        summary: "Order from the supplier (staff)",
        description: "Written down at once, and sent by a job within a minute.",
        body: PurchaseOrderInput,
        response: { 201: PurchaseOrder },
      },
    },
    async (request, reply) => {
      const { product_id: productId, quantity } = request.body;
      const route = { db, event: "purchase_order.add", status: 201 } as const;
      return answerCommand([request, reply], route, async (tx) =>
        describePurchaseOrder(await orderByHand(tx, { productId, quantity, isSupplied })),
      );
    },
  );
}

function addReceiving(server: HttpServer, services: InventoryServices): void {
  server.post(
    "/purchase-orders/:id/receive",
    {
      schema: {
        tags,
        operationId: "receivePurchaseOrder",
        summary: "Book the goods of an order to the supplier in, and close it (staff)",
        description: "What was counted, whatever was ordered: one commit with the receipt of the stock.",
        params: PurchaseOrderParams,
        body: PurchaseReceiptInput,
        response: { 201: BookedStock },
      },
    },
    async (request, reply) => {
      const goods = {
        orderId: request.params.id,
        quantity: request.body.quantity,
        locationId: request.body.location_id,
        note: readText(request.body.note, "note"),
      };
      return send(reply, await receivePurchaseOrder(services, readCaller(request), goods));
    },
  );
}
