// Routes of analytics, for staff: what was sold in a period, in total and by time, customer, category and product.

import { addRoute, type HttpServer } from "../../../http/index.ts";
import type { OrderServices } from "../services.ts";
import * as analytics from "./analytics.ts";
import * as schemas from "./analytics-schemas.ts";
import { describeLineSales, describeOrderSales } from "./describe-sales.ts";
import { readSpan } from "./read-span.ts";

const tags = ["Analytics"];
const COUNTING =
  "Orders count on the day they were placed, once they are confirmed and unless they are cancelled; credit notes on " +
  "their own day. Without from: the 30 days before to; without to: until now.";

export function addAnalyticsRoutes(server: HttpServer, services: OrderServices): void {
  addSales(server, services);
  addByPeriod(server, services);
  addByCustomer(server, services);
  addByCategory(server, services);
  addTopProducts(server, services);
}

function addSales(server: HttpServer, services: OrderServices): void {
  addRoute(server, {
    url: "/analytics/sales",
    tags,
    operationId: "getSales",
    summary: "Orders, revenue and average value of a time (staff)",
    description: COUNTING,
    query: schemas.SalesQuery,
    answer: schemas.SalesAnswer,
    run: async (request) => {
      const { span, frame, write } = readSpan(services, request.query);
      return { ...frame, ...describeOrderSales(await analytics.getSales(services.db, span), write) };
    },
  });
}

function addByPeriod(server: HttpServer, services: OrderServices): void {
  addRoute(server, {
    url: "/analytics/sales/by-period",
    tags,
    operationId: "listSalesByPeriod",
    summary: "The same by day or month of SHOP_TIME_ZONE (staff)",
    description: `Oldest first; a day on which nothing happened is left out. ${COUNTING}`,
    query: schemas.PeriodQuery,
    answer: schemas.PeriodAnswer,
    run: async (request) => {
      const { span, frame, write } = readSpan(services, request.query);
      const { timeZone } = services.settings;
      const { unit = "day" } = request.query;
      const found = await analytics.findSalesByPeriod(services.db, span, { unit, timeZone });
      return {
        ...frame,
        time_zone: timeZone,
        items: found.map((sales) => ({ period: sales.period, ...describeOrderSales(sales, write) })),
      };
    },
  });
}

function addByCustomer(server: HttpServer, services: OrderServices): void {
  addRoute(server, {
    url: "/analytics/sales/by-customer",
    tags,
    operationId: "listSalesByCustomer",
    summary: "The same by customer, most revenue first (staff)",
    description: `customer_id null: guests, and what staff sold to nobody by name. ${COUNTING}`,
    query: schemas.CustomerQuery,
    answer: schemas.CustomerAnswer,
    run: async (request) => {
      const { span, frame, write } = readSpan(services, request.query);
      const found = await analytics.findSalesByCustomer(services.db, span, request.query.limit ?? 50);
      const items = found.map((sales) => ({
        customer_id: sales.customerId,
        ...describeOrderSales(sales, write),
      }));
      return { ...frame, items };
    },
  });
}

function addByCategory(server: HttpServer, services: OrderServices): void {
  addRoute(server, {
    url: "/analytics/sales/by-category",
    tags,
    operationId: "listSalesByCategory",
    summary: "Lines sold by category, most revenue first (staff)",
    description: `By the category that a product stands in now. ${COUNTING}`,
    query: schemas.SalesQuery,
    answer: schemas.CategoryAnswer,
    run: async (request) => {
      const { span, frame, write } = readSpan(services, request.query);
      const found = await analytics.findSalesByCategory(services.db, span);
      const items = found.map(({ categoryId, name, ...sales }) => ({
        category_id: categoryId,
        name,
        ...describeLineSales(sales, write),
      }));
      return { ...frame, items };
    },
  });
}

function addTopProducts(server: HttpServer, services: OrderServices): void {
  addRoute(server, {
    url: "/analytics/products",
    tags,
    operationId: "listTopProducts",
    summary: "The products that sell best (staff)",
    description: `By revenue or by units, less what was given back. product_id null: services. ${COUNTING}`,
    query: schemas.ProductSalesQuery,
    answer: schemas.ProductSalesAnswer,
    run: async (request) => {
      const { span, frame, write } = readSpan(services, request.query);
      const { sort = "revenue", limit = 50 } = request.query;
      const found = await analytics.findTopProducts(services.db, span, { sort, limit });
      const items = found.map(({ productId, label, ...sales }) => ({
        product_id: productId,
        sku: label?.sku ?? null,
        name: label?.name ?? null,
        ...describeLineSales(sales, write),
      }));
      return { ...frame, items };
    },
  });
}
