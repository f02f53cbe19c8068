// Writes flagged transactions to the operator's log: the first subscriber of the outbox.
import type { Log } from "../../runtime/log.ts";
import type { Subscriptions } from "../jobs/index.ts";

export function logFlags(subscriptions: Pick<Subscriptions, "subscribe">, log: Log): void {
  subscriptions.subscribe("transaction.flagged", ({ id, payload }) => {
    const { transaction_id, account_id, rule, reason, blocked } = JSON.parse(payload);
    const flag = { transaction_id, account_id, rule, reason, blocked };
    log.warn(
      { "event.id": id, flag },
      blocked ? "a suspicious transaction was blocked" : "a suspicious transaction was flagged",
    );
  });
}
