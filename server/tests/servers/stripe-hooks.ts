// The webhooks of the small Stripe: signed events, delivered until they are acknowledged, or kept back for the test to send.
import { createHmac } from "node:crypto";
import { newId, type StripeObject } from "./stripe-objects.ts";

const TRIES_MAX = 20;
const PAUSE_MS = 50;

export interface HookEvent {
  readonly type: string;
  readonly body: string;
  isTaken: boolean;
}

export interface StripeHooks {
  /** All events so far, delivered or not. */
  readonly events: readonly HookEvent[];
  readonly tell: (type: string, object: StripeObject) => void;
  /** Webhooks go to this URL from now on, each until it is acknowledged. */
  readonly deliverTo: (url: string | undefined) => void;
  /** Keeps events back; `deliver` sends one by hand. */
  readonly holdEvents: (isHeld: boolean) => void;
  /** Delivers the events that nobody has acknowledged again, all at once, as Stripe does for days. */
  readonly resend: () => Promise<void>;
  /** Returns the status of the answer. */
  readonly deliver: (body: string) => Promise<number>;
  readonly drain: () => Promise<void>;
}

export function createHooks(secret: string): StripeHooks {
  const events: HookEvent[] = [];
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

  async function deliverUntilTaken(event: HookEvent): Promise<void> {
    for (let tries = 0; tries < TRIES_MAX && url !== undefined; tries++) {
      event.isTaken ||= (await deliver(event.body).catch(() => 0)) === 200;
      if (event.isTaken) return;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  return {
    events,
    deliver,
    tell: (type, object) => {
      const body = JSON.stringify({ id: newId("evt"), object: "event", type, data: { object } });
      const event = { type, body, isTaken: false };
      events.push(event);
      if (isHeld) return;
      const delivery = deliverUntilTaken(event).finally(() => deliveries.delete(delivery));
      deliveries.add(delivery);
    },
    deliverTo: (target) => {
      url = target;
    },
    holdEvents: (held) => {
      isHeld = held;
    },
    resend: async () => {
      await Promise.all(events.filter(({ isTaken }) => !isTaken).map(deliverUntilTaken));
    },
    drain: async () => {
      await Promise.all(deliveries);
    },
  };
}

export function signEvent(body: string, secret: string, at = Math.floor(Date.now() / 1_000)): string {
  return `t=${at},v1=${createHmac("sha256", secret).update(`${at}.${body}`).digest("hex")}`;
}
