// Routes of what is given back: returns, refunds, credit notes.

import { describePage, type HttpServer, readCaller, readPage, send } from "../../../http/index.ts";
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
    schema: {
      tags,
      operationId: "returnItems",
      summary: "Take goods back and refund them (staff)",
      body: ReturnInput,
      response: { 201: CreditedOrder },
    },
    act: ({ body }) => returnItems(services, readReturn(body)),
  });
}

function addRefunds(server: HttpServer, services: OrderServices): void {
  addChangeRoute(server, services, {
    path: "/refunds",
    schema: {
      tags,
      operationId: "refundOrder",
      summary: "Give money back and leave the goods (staff)",
      body: RefundInput,
      response: { 201: CreditedOrder },
    },
    act: async ({ caller, id, body: input }) =>
      refundOrder(await prepareRefund(services, caller.actor, { id, input })),
  });
}

function addCreditNotes(server: HttpServer, services: OrderServices): void {
  const { assets } = services;

  server.post(
    "/credit-notes",
    {
      schema: {
        tags,
        operationId: "createCreditNote",
        summary: "Write a credit note that names no order (staff)",
        description: "The money goes to account_id or, without one, was paid outside.",
        body: CreditNoteInput,
        response: { 201: CreditNote },
      },
    },
    async (request, reply) => {
      const wanted = readCreditNote(services, request.actor, request.body);
      return send(reply, await writeCreditNote(services, readCaller(request), wanted));
    },
  );

  server.get(
    "/credit-notes",
    {
      schema: {
        tags,
        operationId: "listCreditNotes",
        summary: "Credit notes, newest first",
        description: "Staff sees all, a customer their own.",
        querystring: CreditNoteQuery,
        response: { 200: CreditNotePage },
      },
    },
    async (request) => {
      const { kind, order_id, customer_id, reference, ...query } = request.query;
      const page = await findCreditNotes(services, request.actor, {
        kind,
        orderId: order_id,
        customerId: readForeignCode(customer_id, "customer_id"),
        reference: readName(reference, "reference"),
        ...readPage(query),
      });
      return describePage(page, (note) => describeCreditNote(assets, note));
    },
  );

  server.get(
    "/credit-notes/:id",
    {
      schema: {
        tags,
        operationId: "getCreditNote",
        summary: "A credit note",
        params: OrderParams,
        response: { 200: CreditNote },
      },
    },
    async (request) => {
      const note = await getCreditNote(services, request.actor, request.params.id);
      return describeCreditNote(assets, note);
    },
  );
}
