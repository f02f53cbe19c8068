// Routes of purchase orders: seeing them, ordering by hand, booking the goods in.

import { addCommandRoute, addDeskRoute, addList, addRoute, type HttpServer } from "../../../http/index.ts";
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
  addList(server, {
    url: "/purchase-orders",
    tags,
    operationId: "listPurchaseOrders",
    summary: "Orders to the supplier, newest first (staff)",
    query: PurchaseOrderQuery,
    answer: PurchaseOrderPage,
    find: (_request, page) => findPurchaseOrders(db, page),
    describe: describePurchaseOrder,
  });

  addRoute(server, {
    url: "/purchase-orders/:id",
    tags,
    operationId: "getPurchaseOrder",
    summary: "An order to the supplier (staff)",
    params: PurchaseOrderParams,
    answer: PurchaseOrder,
    run: async ({ params }) => describePurchaseOrder(await getPurchaseOrder(db, params.id)),
  });
}

function addOrdering(server: HttpServer, services: InventoryServices): void {
  const { db, isSupplied = false } = services;
  addCommandRoute(server, db, {
    url: "/purchase-orders",
    tags,
    operationId: "addPurchaseOrder",
    summary: "Order from the supplier (staff)",
    description: "Written down at once, and sent by a job within a minute.",
    body: PurchaseOrderInput,
    answer: PurchaseOrder,
    status: 201,
    event: "purchase_order.add",
    run:
      ({ body: { product_id: productId, quantity } }) =>
      async (tx) =>
        describePurchaseOrder(await orderByHand(tx, { productId, quantity, isSupplied })),
  });
}

function addReceiving(server: HttpServer, services: InventoryServices): void {
  addDeskRoute(server, {
    url: "/purchase-orders/:id/receive",
    tags,
    operationId: "receivePurchaseOrder",
    summary: "Book the goods of an order to the supplier in, and close it (staff)",
    description: "What was counted, whatever was ordered: one commit with the receipt of the stock.",
    params: PurchaseOrderParams,
    body: PurchaseReceiptInput,
    answer: BookedStock,
    run: ({ params, body: { quantity, location_id: locationId, note } }, caller) =>
      receivePurchaseOrder(services, caller, {
        orderId: params.id,
        quantity,
        locationId,
        note: readText(note, "note"),
      }),
  });
}
