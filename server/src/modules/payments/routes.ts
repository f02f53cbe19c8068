// The routes of payments: what there is, what staff may do to it, the queue for people, and where providers report.
import type { Routes } from "../../gateway/index.ts";
import type { CardProvider, CardProviderName } from "./card-provider.ts";
import { addPaymentReadingRoutes } from "./payment-reading-routes.ts";
import { addPaymentWritingRoutes } from "./payment-writing-routes.ts";
import type { PaymentKeeper } from "./record-outcome.ts";
import type { Sandbox } from "./sandbox.ts";
import { addSandboxRoutes } from "./sandbox-routes.ts";
import { addWebhookRoutes } from "./webhook-routes.ts";

export interface PaymentServices extends PaymentKeeper {
  readonly providers: ReadonlyMap<CardProviderName, { provider: CardProvider }>;
  readonly sandbox: Sandbox | undefined;
  /** Told that a webhook was stored. */
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
