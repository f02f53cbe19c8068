// Measures how long payments wait: /metrics shows it, and alarms use it.
import type { Sql } from "../../runtime/database.ts";
import { selectAttentionAge } from "./attempts/attempt-store.ts";
import { countWaitingEvents } from "./attention/held-event-store.ts";
import { selectOldestWaiting } from "./webhooks/inbox-store.ts";

export interface PaymentWaits {
  /** How many attempts and events wait for a person. */
  readonly attentionCount: number;
  /** How long the first of them has waited; 0 where none waits. */
  readonly attentionSeconds: number;
  /** How long the oldest webhook has waited to be applied; 0 where none waits. */
  readonly webhookSeconds: number;
}

export async function measureWaits(db: Sql, now = new Date()): Promise<PaymentWaits> {
  const ageOf = (since: Date | null) =>
    since === null ? 0 : Math.max(0, (now.getTime() - since.getTime()) / 1_000);
  const attempts = await selectAttentionAge(db);
  const events = await countWaitingEvents(db);
  const eventsSince = events.firstId === null ? null : new Date(events.firstId / 1_000);
  return {
    attentionCount: attempts.count + events.count,
    attentionSeconds: Math.max(ageOf(attempts.since), ageOf(eventsSince)),
    webhookSeconds: ageOf(await selectOldestWaiting(db)),
  };
}
