// Loads Stripe's client only where Stripe takes cards: loading it costs a quarter of a second at each start.
import type { CardProvider } from "../card-provider.ts";
import type { StripeOptions } from "./stripe.ts";

export type { StripeOptions };

export async function loadStripe(options: StripeOptions): Promise<CardProvider> {
  const { createStripe } = await import("./stripe.ts");
  return createStripe(options);
}
