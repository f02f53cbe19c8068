// The settings of payments.
import { anyUrl, httpUrl, stripeKey, webhookSecret } from "../forms.ts";
import { type ConfigKey, secret } from "../key.ts";

export const PAYMENT_KEYS = [
  {
    name: "STRIPE_SECRET_KEY",
    group: "Payments",
    ...secret(stripeKey),
    aliases: [{ name: "PAYMENT_GATEWAY_KEY" }],
    description: "Secret key of the Stripe account that takes card payments.",
  },
  {
    name: "STRIPE_WEBHOOK_SECRET",
    group: "Payments",
    ...secret(webhookSecret),
    description: "Secret with which Stripe signs what it sends to /api/v1/webhooks/stripe.",
  },
  {
    name: "STRIPE_API_URL",
    group: "Payments",
    type: "string",
    form: httpUrl,
    default: "https://api.stripe.com",
    description: "Where Stripe's API is reached; another one for tests, or through a proxy.",
  },
  {
    name: "PAYMENT_RETURN_URL",
    group: "Payments",
    type: "string",
    form: anyUrl,
    default: undefined,
    description:
      "Where a customer's browser goes after it has confirmed a card payment (3-D Secure); unset, PUBLIC_URL.",
  },
  {
    name: "PAYMENT_SANDBOX",
    group: "Payments",
    type: "choice",
    choices: ["auto", "on", "off"],
    default: "auto",
    description: "The built-in card provider that moves no real money; auto: on except in production.",
  },
  {
    name: "PAYMENT_SANDBOX_DELAY_MS",
    group: "Payments",
    type: "integer",
    minimum: 0,
    maximum: 600_000,
    default: "3000",
    description: "How late the sandbox is where its token says late or slow.",
  },
  {
    name: "PAYMENT_TIMEOUT_MS",
    group: "Payments",
    type: "integer",
    minimum: 50,
    maximum: 60_000,
    default: "10000",
    description: "How long a call to a payment provider may take before its outcome counts as unknown.",
  },
  {
    name: "PAYMENT_POLL_MS",
    group: "Payments",
    type: "integer",
    minimum: 10,
    maximum: 60_000,
    default: "500",
    description:
      "How often calls to repeat, and what other processes have left, are looked for; new ones wake the jobs.",
  },
  {
    name: "PAYMENT_ATTENTION_SECONDS",
    group: "Payments",
    type: "integer",
    minimum: 0,
    maximum: 86_400,
    default: "900",
    description: "How long an attempt may be unknown before it is put before people.",
  },
] as const satisfies readonly ConfigKey[];
