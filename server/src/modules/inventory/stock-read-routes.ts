// Routes that read stock: levels by product.
import { formatCursor, type HttpServer, readCursor } from "../../gateway/index.ts";
import { findStock, getStock, type ProductStock } from "./find-stock.ts";
import { readId, readIds } from "./read-stock-input.ts";
import type { InventoryServices } from "./routes.ts";
import { Stock, StockPage, StockParams, StockQuery } from "./schemas.ts";
import type { StockSums } from "./stock.ts";

const tags = ["Stock"];

export function addStockReadRoutes(server: HttpServer, { db }: InventoryServices): void {
  server.get(
    "/stock",
    {
      schema: {
        tags,
        operationId: "listStock",
        summary: "Stock by product: on hand, reserved, available (staff)",
        description: "With low=true: products with an open alert of low stock.",
        querystring: StockQuery,
        response: { 200: StockPage },
      },
    },
    async (request) => {
      const { product_id: productIds, low, cursor, limit = 50 } = request.query;
      const { stock, nextCursor } = await findStock(db, {
        productIds: readIds(productIds, "product_id"),
        isLow: low,
        afterId: readCursor(cursor),
        limit,
      });
      return { items: stock.map(describeStock), next_cursor: formatCursor(nextCursor) };
    },
  );

  server.get(
    "/stock/:product_id",
    {
      schema: {
        tags,
        operationId: "getStock",
        summary: "A product's stock, in all and by location (staff)",
        params: StockParams,
        response: { 200: Stock },
      },
    },
    async (request, reply) => {
      const stock = await getStock(db, readId(request.params.product_id, "product_id"));
      return reply.header("etag", `"${stock.version}"`).send(describeStock(stock));
    },
  );
}

export function describeStock(stock: ProductStock) {
  return {
    product_id: stock.productId,
    ...describeSums(stock.total),
    sellable: stock.sellable,
    low_stock_threshold: stock.lowStockThreshold,
    low_since: stock.lowSince?.toISOString() ?? null,
    locations: stock.locations.map(({ locationId, sells, ...sums }) => ({
      location_id: locationId,
      sells,
      ...describeSums(sums),
    })),
    version: stock.version,
  };
}

function describeSums({ onHand, reserved, available, backorderLimit }: StockSums) {
  return { on_hand: onHand, reserved, available, backorder_limit: backorderLimit };
}
