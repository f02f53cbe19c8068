// Routes by which staff act on payments.
import { type HttpServer, readCaller, send } from "../../http/index.ts";
import { readForeignCode } from "../../values/names.ts";
import { readId, readOptionalId, readText } from "../../values/read-input.ts";
import { submitEventDecision } from "./attention/resolve-event.ts";
import { submitCapture, submitRefund, submitResolution, submitVoid } from "./change-payment.ts";
import type { PaymentServices } from "./routes.ts";
import {
  CaptureInput,
  DecideEventInput,
  HeldEventParams,
  Payment,
  PaymentParams,
  Refund,
  RefundInput,
  ResolveInput,
  VoidInput,
} from "./schemas.ts";

const tags = ["Payments"];
const CAPTURING =
  "A balance moves at once, an invoice or cash is thereby marked paid; of a card the outcome is told by the provider: until then the payment is in flight.";

export function addPaymentWritingRoutes(server: HttpServer, services: PaymentServices): void {
  addCapture(server, services);
  addReturns(server, services);
  addResolution(server, services);
  addEventDecision(server, services);
}

function addCapture(server: HttpServer, services: PaymentServices): void {
  server.post(
    "/payments/:id/capture",
    {
      schema: {
        tags,
        operationId: "capturePayment",
        summary: "Take what is authorized, or a part (staff)",
        description: CAPTURING,
        params: PaymentParams,
        body: CaptureInput,
        response: { 200: Payment },
      },
    },
    async (request, reply) => {
      const { amount, keep_rest: keepsRest } = request.body;
      const command = { paymentId: request.params.id, ...readCaller(request) };
      return send(reply, await submitCapture(services, command, { amount, keepsRest }), 200);
    },
  );
}

function addReturns(server: HttpServer, services: PaymentServices): void {
  server.post(
    "/payments/:id/void",
    {
      schema: {
        tags,
        operationId: "voidPayment",
        summary: "Give back what is authorized and not captured (staff)",
        params: PaymentParams,
        body: VoidInput,
        response: { 200: Payment },
      },
    },
    async (request, reply) => {
      const command = { paymentId: request.params.id, ...readCaller(request) };
      return send(reply, await submitVoid(services, command), 200);
    },
  );

  server.post(
    "/payments/:id/refunds",
    {
      schema: {
        tags,
        operationId: "refundPayment",
        summary: "Refund captured money, wholly or in part, as often as some is left (staff)",
        description: "Each refund has its own state.",
        params: PaymentParams,
        body: RefundInput,
        response: { 201: Refund },
      },
    },
    async (request, reply) => {
      const command = { paymentId: request.params.id, ...readCaller(request) };
      const reason = readText(request.body.reason, "reason");
      const refundTo = readOptionalId(request.body.refund_to_account_id, "refund_to_account_id");
      const { amount } = request.body;
      const refund = await submitRefund(services, command, { amount, reason, refundTo });
      return send(reply, refund, 201);
    },
  );
}

function addResolution(server: HttpServer, services: PaymentServices): void {
  server.post(
    "/payments/:id/resolve",
    {
      schema: {
        tags,
        operationId: "resolvePayment",
        summary: "Say what became of an attempt that the provider does not tell about (operators)",
        description:
          "After looking it up at the provider. Should the provider tell otherwise later, its word is added.",
        params: PaymentParams,
        body: ResolveInput,
        response: { 200: Payment },
      },
    },
    async (request, reply) => {
      const { attempt_id, outcome, note, provider_reference } = request.body;
      const command = { paymentId: request.params.id, ...readCaller(request) };
      const resolution = {
        attemptId: readId(attempt_id, "attempt_id"),
        outcome,
        providerReference: readForeignCode(provider_reference, "provider_reference"),
        note: readText(note, "note"),
      };
      return send(reply, await submitResolution(services, command, resolution), 200);
    },
  );
}

const RESOLUTIONS = { accept: "accepted", dismiss: "dismissed" } as const;

function addEventDecision(server: HttpServer, services: PaymentServices): void {
  server.post(
    "/payments/attention/:id/resolve",
    {
      schema: {
        tags,
        operationId: "resolvePaymentEvent",
        summary: "Decide about an event of a provider that does not fit its payment (operators)",
        description:
          "After comparing it with the provider's own pages. The answer is the payment as it is then.",
        params: HeldEventParams,
        body: DecideEventInput,
        response: { 200: Payment },
      },
    },
    async (request, reply) => {
      const { decision, note } = request.body;
      const resolution = RESOLUTIONS[decision];
      const decided = { id: request.params.id, resolution, note: readText(note, "note") };
      return send(reply, await submitEventDecision(services, readCaller(request), decided), 200);
    },
  );
}
