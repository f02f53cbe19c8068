// Routes of orders: placing, reading, editing, paying, cancelling.

import {
  addBytesRoute,
  addDeskRoute,
  addRoute,
  describePage,
  type HttpServer,
  readPage,
} from "../../http/index.ts";
import { formatETag, readVersions } from "../../http/version.ts";
import { readForeignCode, readName } from "../../values/names.ts";
import { readAll, readAmount, readOptionalId, readText, readTime } from "../../values/read-input.ts";
import { readCurrency } from "../ledger/index.ts";
import { OrderDetail, OrderPage, OrderPreview, OrderShape } from "./answer-schemas.ts";
import { cancelOrder } from "./changing/cancel-order.ts";
import { cancelUnits } from "./changing/cancel-units.ts";
import { addChangeRoute } from "./changing/change-routes.ts";
import { editOrder } from "./changing/edit-order.ts";
import { payOrder } from "./changing/pay-order.ts";
import { prepareEdit } from "./changing/prepare-edit.ts";
import { describeOrder } from "./describe-order.ts";
import { findOrders } from "./find-orders.ts";
import { createOrderDocuments } from "./order-documents.ts";
import { placeOrder } from "./placing/place-orders.ts";
import { previewOrder } from "./placing/preview-order.ts";
import { readCouponCode, readOrder } from "./placing/read-order-input.ts";
import { CancelInput, OrderChange, OrderInput, OrderParams, OrderQuery, PayInput } from "./schemas.ts";
import type { OrderServices } from "./services.ts";

const tags = ["Orders"];

export function addOrderRoutes(server: HttpServer, services: OrderServices): void {
  addPlacing(server, services);
  addReading(server, services);
  addEditing(server, services);
  addPaying(server, services);
  addCancelling(server, services);
}

function addPlacing(server: HttpServer, services: OrderServices): void {
  addDeskRoute(server, {
    url: "/orders",
    tags,
    config: { direct: true },
    operationId: "placeOrder",
    summary: "Place an order",
    description:
      "Stock and money are held, or nothing is. Staff orders for a customer or nobody, at prices of their own and with service lines.",
    body: OrderInput,
    answer: OrderShape,
    run: ({ actor, body }, caller) => placeOrder(services, caller, readOrder(services, actor, body)),
  });

  addRoute(server, {
    method: "POST",
    url: "/orders/preview",
    tags,
    operationId: "previewOrder",
    summary: "What an order would charge, without placing it",
    description:
      "Takes what placing takes, and refuses what placing would of prices, coupon, stock and the way to pay. Nothing is " +
      "written or held; what an account or the fraud check would say is said when it is placed.",
    body: OrderInput,
    answer: OrderPreview,
    run: async (request) => previewOrder(services, request, readOrder(services, request.actor, request.body)),
  });
}

function addReading(server: HttpServer, services: OrderServices): void {
  addRoute(server, {
    url: "/orders",
    tags,
    operationId: "listOrders",
    summary: "Orders, newest first",
    description: "Staff sees all, a customer their own.",
    query: OrderQuery,
    answer: OrderPage,
    run: async (request) => {
      const {
        status: state,
        fulfilment,
        review,
        customer_id,
        reference,
        coupon_code,
        payment_method,
      } = request.query;
      const { product_id: productId, from, to, ...query } = request.query;
      const { totals, page, ...read } = readAll({
        totals: () => readTotals(services, request.query),
        customerId: () => readForeignCode(customer_id, "customer_id"),
        reference: () => readName(reference, "reference"),
        couponCode: () => (coupon_code === undefined ? undefined : readCouponCode(coupon_code)),
        from: () => readTime(from, "from"),
        to: () => readTime(to, "to"),
        page: () => readPage(query),
      });
      const filter = { state, fulfilment, review, paymentMethod: payment_method, productId };
      const found = await findOrders(services, request.actor, { ...filter, ...read, ...totals, ...page });
      return describePage(found, (parts) => describeOrder(services.assets, parts));
    },
  });

  const write = createOrderDocuments(services);
  addBytesRoute(server, {
    url: "/orders/:id",
    tags,
    config: { direct: true },
    operationId: "getOrder",
    summary: "An order with its payments, shipments, credit notes and timeline",
    params: OrderParams,
    answer: OrderDetail,
    run: async ({ actor, params }) => {
      const written = await write(actor, params.id);
      return { body: written.body, etag: formatETag(written) };
    },
  });
}

/** Totals are compared within one currency, which must be named. @throws AppError `invalid/…` naming the field */
function readTotals(
  { assets, settings }: OrderServices,
  query: { readonly currency?: string; readonly min_total?: string; readonly max_total?: string },
) {
  const { currency, min_total: min, max_total: max } = query;
  if (currency === undefined && min === undefined && max === undefined) return {};
  const asset = readCurrency(assets, currency ?? settings.defaultCurrency);
  const read = readAll({
    totalMin: () => (min === undefined ? undefined : readAmount(min, asset, "min_total")),
    totalMax: () => (max === undefined ? undefined : readAmount(max, asset, "max_total")),
  });
  return { ...read, currency: asset.code };
}

function addEditing(server: HttpServer, services: OrderServices): void {
  addChangeRoute(server, services, {
    method: "PATCH",
    path: "",
    tags,
    operationId: "changeOrder",
    summary: "Change lines, addresses until it is shipped, reference and metadata",
    description:
      "`items` are the order as it shall be. Until it is paid its lines are replaced, at the prices of now. Afterwards what stays keeps its price, units that go are cancelled, units that are added are new lines at the prices of now, and the difference is charged or given back. With If-Match only that version.",
    body: OrderChange,
    act: async ({ request, caller, id, body: input }) => {
      const versions = readVersions(request.headers["if-match"]);
      return editOrder(services, caller, await prepareEdit(services, caller.actor, { id, input, versions }));
    },
  });
}

function addPaying(server: HttpServer, services: OrderServices): void {
  addChangeRoute(server, services, {
    path: "/pay",
    tags,
    operationId: "payOrder",
    summary: "Pay an order that is not paid",
    description: "Staff notes what was paid outside (invoice, bank_transfer, cash).",
    body: PayInput,
    act: ({ caller, body: { payment_method: paymentMethod, account_id, payment_token } }) =>
      payOrder(services, caller, {
        paymentMethod,
        ...readAll({
          accountId: () => readOptionalId(account_id, "account_id"),
          paymentToken: () => readText(payment_token, "payment_token"),
        }),
      }),
  });
}

function addCancelling(server: HttpServer, services: OrderServices): void {
  addChangeRoute(server, services, {
    path: "/cancel",
    tags,
    operationId: "cancelOrder",
    summary: "Cancel an order, or units of it: stock is free, money goes back or is no longer due",
    description:
      "Customers until it is with the warehouse. Staff the whole until something is shipped, units that are not shipped always.",
    body: CancelInput,
    act: ({ request, body }) => {
      const items = body.items?.map(({ line, quantity }) => ({ lineNo: line, quantity }));
      const how = readAll({
        versions: () => readVersions(request.headers["if-match"]),
        reason: () => readText(body.reason, "reason"),
        refundTo: () => readOptionalId(body.refund_to_account_id, "refund_to_account_id"),
      });
      return items === undefined ? cancelOrder(how) : cancelUnits({ items, ...how });
    },
  });
}
