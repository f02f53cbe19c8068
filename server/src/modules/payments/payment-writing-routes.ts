// Routes by which staff act on payments.
import { addDeskRoute, type HttpServer } from "../../http/index.ts";
import { readForeignCode } from "../../values/names.ts";
import { readAll, readId, readOptionalId, readText } from "../../values/read-input.ts";
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
  addDeskRoute(server, {
    url: "/payments/:id/capture",
    tags,
    operationId: "capturePayment",
    summary: "Take what is authorized, or a part (staff)",
    description: CAPTURING,
    params: PaymentParams,
    body: CaptureInput,
    answer: Payment,
    status: 200,
    run: ({ params, body: { amount, keep_rest: keepsRest } }, caller) =>
      submitCapture(services, { paymentId: params.id, ...caller }, { amount, keepsRest }),
  });
}

function addReturns(server: HttpServer, services: PaymentServices): void {
  addDeskRoute(server, {
    url: "/payments/:id/void",
    tags,
    operationId: "voidPayment",
    summary: "Give back what is authorized and not captured (staff)",
    params: PaymentParams,
    body: VoidInput,
    answer: Payment,
    status: 200,
    run: ({ params }, caller) => submitVoid(services, { paymentId: params.id, ...caller }),
  });

  addDeskRoute(server, {
    url: "/payments/:id/refunds",
    tags,
    operationId: "refundPayment",
    summary: "Refund captured money, wholly or in part, as often as some is left (staff)",
    description: "Each refund has its own state.",
    params: PaymentParams,
    body: RefundInput,
    answer: Refund,
    run: ({ params, body: { amount, reason, refund_to_account_id } }, caller) =>
      submitRefund(
        services,
        { paymentId: params.id, ...caller },
        {
          amount,
          ...readAll({
            reason: () => readText(reason, "reason"),
            refundTo: () => readOptionalId(refund_to_account_id, "refund_to_account_id"),
          }),
        },
      ),
  });
}

function addResolution(server: HttpServer, services: PaymentServices): void {
  addDeskRoute(server, {
    url: "/payments/:id/resolve",
    tags,
    operationId: "resolvePayment",
    summary: "Say what became of an attempt that the provider does not tell about (operators)",
    description:
      "After looking it up at the provider. Should the provider tell otherwise later, its word is added.",
    params: PaymentParams,
    body: ResolveInput,
    answer: Payment,
    status: 200,
    run: ({ params, body: { attempt_id, outcome, note, provider_reference } }, caller) => {
      const read = readAll({
        attemptId: () => readId(attempt_id, "attempt_id"),
        providerReference: () => readForeignCode(provider_reference, "provider_reference"),
        note: () => readText(note, "note"),
      });
      return submitResolution(services, { paymentId: params.id, ...caller }, { ...read, outcome });
    },
  });
}

const RESOLUTIONS = { accept: "accepted", dismiss: "dismissed" } as const;

function addEventDecision(server: HttpServer, services: PaymentServices): void {
  addDeskRoute(server, {
    url: "/payments/attention/:id/resolve",
    tags,
    operationId: "resolvePaymentEvent",
    summary: "Decide about an event of a provider that does not fit its payment (operators)",
    description: "After comparing it with the provider's own pages. The answer is the payment as it is then.",
    params: HeldEventParams,
    body: DecideEventInput,
    answer: Payment,
    status: 200,
    run: ({ params: { id }, body: { decision, note } }, caller) => {
      const decided = { id, resolution: RESOLUTIONS[decision], note: readText(note, "note") };
      return submitEventDecision(services, caller, decided);
    },
  });
}
