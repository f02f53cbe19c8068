// The routes of payments: reading, the acts of staff, the queue for people, and the webhooks of providers.
import type { Routes } from "../../http/index.ts";
import { addPaymentReadingRoutes } from "./payment-reading-routes.ts";
import { addPaymentWritingRoutes } from "./payment-writing-routes.ts";
import type { CardProvider, CardProviderName } from "./providers/card-provider.ts";
import type { Sandbox } from "./providers/sandbox/sandbox.ts";
import { addSandboxRoutes } from "./providers/sandbox/sandbox-routes.ts";
import type { PaymentKeeper } from "./submit-change.ts";
import { addWebhookRoutes } from "./webhooks/webhook-routes.ts";

export interface PaymentServices extends PaymentKeeper {
  readonly providers: ReadonlyMap<CardProviderName, { provider: CardProvider }>;
  readonly sandbox: Sandbox | undefined;
  /** Called after a webhook was stored. */
  readonly onWebhook: () => void;
}

export function paymentRoutes(services: PaymentServices): Routes {
  return (server) => {
    addPaymentReadingRoutes(server, services);
    addPaymentWritingRoutes(server, services);
    addWebhookRoutes(server, services);
    if (services.sandbox !== undefined) addSandboxRoutes(server, services.sandbox);
  };
}
