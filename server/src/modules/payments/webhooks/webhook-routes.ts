// Where providers report. No token is needed: the signature over the unchanged body proves who sent it.
import type { HttpServer } from "../../../http/index.ts";
import type { PaymentServices } from "../routes.ts";
import { ProviderParams, WebhookReceipt } from "../schemas.ts";
import { receiveWebhook } from "./receive-webhook.ts";

const BODY_LIMIT_BYTES = 1_048_576;

export function addWebhookRoutes(server: HttpServer, services: PaymentServices): void {
  server.post(
    "/webhooks/:provider",
    {
      bodyLimit: BODY_LIMIT_BYTES,
      config: { public: true },
      schema: {
        tags: ["Payments"],
        operationId: "receiveWebhook",
        summary: "What a payment provider reports",
        security: [],
        description: "Answered once it is stored; the same event again changes nothing.",
        params: ProviderParams,
        response: { 200: WebhookReceipt },
      },
    },
    async (request) => {
      const { provider } = request.params;
      const body = request.bodyText ?? "";
      if (await receiveWebhook(services, { provider, body, headers: request.headers })) services.onWebhook();
      return { received: true };
    },
  );
}
