// Routes that read payments.

import { addList, addRoute, type HttpServer, PageQuery } from "../../http/index.ts";
import { readForeignCode } from "../../values/names.ts";
import { describeAttention, describeDispute, describeHistory, describePayment } from "./describe-payment.ts";
import { findAttention, findDisputes, findPayments, getPaymentWithHistory } from "./find-payments.ts";
import type { PaymentServices } from "./routes.ts";
import {
  AttentionPage,
  DisputePage,
  PaymentDetail,
  PaymentPage,
  PaymentParams,
  PaymentQuery,
} from "./schemas.ts";

const tags = ["Payments"];

export function addPaymentReadingRoutes(server: HttpServer, services: PaymentServices): void {
  addLists(server, services);
  addQueues(server, services);
}

function addLists(server: HttpServer, services: PaymentServices): void {
  const { assets } = services;

  addList(server, {
    url: "/payments",
    tags,
    operationId: "listPayments",
    summary: "Payments, newest first",
    description: "A customer finds their own.",
    query: PaymentQuery,
    answer: PaymentPage,
    find: ({ actor, query: { order_id: orderId, customer_id, provider } }, page) =>
      findPayments(services, actor, {
        orderId,
        customerId: readForeignCode(customer_id, "customer_id"),
        provider,
        ...page,
      }),
    describe: (payment) => describePayment(assets, payment),
  });

  addRoute(server, {
    url: "/payments/:id",
    tags,
    operationId: "getPayment",
    summary: "A payment with its attempts, events and disputes",
    params: PaymentParams,
    answer: PaymentDetail,
    run: async ({ actor, params }) =>
      describeHistory(assets, await getPaymentWithHistory(services, actor, params.id)),
  });
}

function addQueues(server: HttpServer, services: PaymentServices): void {
  const { assets } = services;

  addList(server, {
    url: "/payments/attention",
    tags,
    operationId: "listPaymentAttention",
    summary: "Attempts and events that wait for a person, oldest first (staff)",
    description:
      "Attempts of which the provider has not said in time what became of them: find out, then POST /payments/{id}/resolve. Refunds that failed: refund again, or resolve them as failed. And events that do not fit their payment: compare them with the provider's pages, then POST /payments/attention/{id}/resolve.",
    query: PageQuery,
    answer: AttentionPage,
    find: (_request, page) => findAttention(services, page),
    describe: (item) => describeAttention(assets, item, new Date()),
  });

  addList(server, {
    url: "/payments/disputes",
    tags,
    operationId: "listPaymentDisputes",
    summary: "Disputes, newest first (staff)",
    description: "While one is open its amount is at risk; lost, the money is gone.",
    query: PageQuery,
    answer: DisputePage,
    find: (_request, page) => findDisputes(services, page),
    describe: ({ payment, dispute }) => describeDispute(assets, payment, dispute),
  });
}
