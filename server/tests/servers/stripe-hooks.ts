// The webhooks of the small Stripe: signed events, delivered until they are acknowledged, or kept back for the test to send.
import { createHmac } from "node:crypto";
import { newId, type StripeObject } from "./stripe-objects.ts";

const TRIES_MAX = 20;
const PAUSE_MS = 50;

export interface StripeHooks {
  /** All events so far, delivered or not. */
  readonly events: readonly { readonly type: string; readonly body: string }[];
  readonly tell: (type: string, object: StripeObject) => void;
  /** Webhooks go to this URL from now on, each until it is acknowledged. */
  readonly deliverTo: (url: string | undefined) => void;
  /** Keeps events back; `deliver` sends one by hand. */
  readonly holdEvents: (isHeld: boolean) => void;
  /** Returns the status of the answer. */
  readonly deliver: (body: string) => Promise<number>;
  readonly drain: () => Promise<void>;
}

export function createHooks(secret: string): StripeHooks {
  const events: { type: string; body: string }[] = [];
  const deliveries = new Set<Promise<void>>();
  let url: string | undefined;
  let isHeld = false;

  async function deliver(body: string): Promise<number> {
    if (url === undefined) return 0;
    const signature = signEvent(body, secret);
    const headers = { "content-type": "application/json", "stripe-signature": signature };
    const response = await fetch(url, { method: "POST", headers, body });
    await response.arrayBuffer();
    return response.status;
  }

  async function deliverUntilTaken(body: string): Promise<void> {
    for (let tries = 0; tries < TRIES_MAX && url !== undefined; tries++) {
      if ((await deliver(body).catch(() => 0)) === 200) return;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  return {
    events,
    deliver,
    tell: (type, object) => {
      const body = JSON.stringify({ id: newId("evt"), object: "event", type, data: { object } });
      events.push({ type, body });
      if (isHeld) return;
      const delivery = deliverUntilTaken(body).finally(() => deliveries.delete(delivery));
      deliveries.add(delivery);
    },
    deliverTo: (target) => {
      url = target;
    },
    holdEvents: (held) => {
      isHeld = held;
    },
    drain: async () => {
      await Promise.all(deliveries);
    },
  };
}

export function signEvent(body: string, secret: string, at = Math.floor(Date.now() / 1_000)): string {
  return `t=${at},v1=${createHmac("sha256", secret).update(`${at}.${body}`).digest("hex")}`;
}
