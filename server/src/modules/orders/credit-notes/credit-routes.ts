// Routes of returns, refunds and credit notes.

import { addDeskRoute, addList, addRoute, type HttpServer } from "../../../http/index.ts";
import { readForeignCode, readName } from "../../../values/names.ts";
import { CreditedOrder, CreditNote, CreditNotePage } from "../answer-schemas.ts";
import { addChangeRoute } from "../changing/change-routes.ts";
import { findCreditNotes, getCreditNote } from "../find-orders.ts";
import { readCreditNote } from "../placing/read-order-input.ts";
import { CreditNoteInput, CreditNoteQuery, OrderParams, RefundInput, ReturnInput } from "../schemas.ts";
import type { OrderServices } from "../services.ts";
import { refundOrder } from "./credit-order.ts";
import { describeCreditNote } from "./describe-credit-note.ts";
import { prepareRefund } from "./prepare-refund.ts";
import { readReturn } from "./read-return.ts";
import { returnItems } from "./return-items.ts";
import { writeCreditNote } from "./write-credit-note.ts";

const tags = ["Returns and refunds"];

export function addCreditRoutes(server: HttpServer, services: OrderServices): void {
  addReturns(server, services);
  addRefunds(server, services);
  addCreditNotes(server, services);
}

function addReturns(server: HttpServer, services: OrderServices): void {
  addChangeRoute(server, services, {
    path: "/returns",
    tags,
    operationId: "returnItems",
    summary: "Take goods back and refund them (staff)",
    body: ReturnInput,
    answer: CreditedOrder,
    status: 201,
    act: ({ body }) => returnItems(services, readReturn(body)),
  });
}

function addRefunds(server: HttpServer, services: OrderServices): void {
  addChangeRoute(server, services, {
    path: "/refunds",
    tags,
    operationId: "refundOrder",
    summary: "Give money back and leave the goods (staff)",
    body: RefundInput,
    answer: CreditedOrder,
    status: 201,
    act: async ({ caller, id, body: input }) =>
      refundOrder(await prepareRefund(services, caller.actor, { id, input })),
  });
}

function addCreditNotes(server: HttpServer, services: OrderServices): void {
  const { assets } = services;

  addDeskRoute(server, {
    url: "/credit-notes",
    tags,
    operationId: "createCreditNote",
    summary: "Write a credit note that names no order (staff)",
    description: "The money goes to account_id or, without one, was paid outside.",
    body: CreditNoteInput,
    answer: CreditNote,
    run: ({ actor, body }, caller) =>
      writeCreditNote(services, caller, readCreditNote(services, actor, body)),
  });

  addList(server, {
    url: "/credit-notes",
    tags,
    operationId: "listCreditNotes",
    summary: "Credit notes, newest first",
    description: "Staff sees all, a customer their own.",
    query: CreditNoteQuery,
    answer: CreditNotePage,
    find: async (request, page) => {
      const { kind, order_id, customer_id, reference } = request.query;
      return findCreditNotes(services, request.actor, {
        kind,
        orderId: order_id,
        customerId: readForeignCode(customer_id, "customer_id"),
        reference: readName(reference, "reference"),
        ...page,
      });
    },
    describe: (note) => describeCreditNote(assets, note),
  });

  addRoute(server, {
    url: "/credit-notes/:id",
    tags,
    operationId: "getCreditNote",
    summary: "A credit note",
    params: OrderParams,
    answer: CreditNote,
    run: async ({ actor, params }) =>
      describeCreditNote(assets, await getCreditNote(services, actor, params.id)),
  });
}
