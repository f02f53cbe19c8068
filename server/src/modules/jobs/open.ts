// Opens the jobs module: the outbox and its relay, which starts once every module has subscribed.
import { setTimesBack } from "../../runtime/clock-times-store.ts";
import type { Module } from "../module.ts";
import type { NewEvent } from "./outbox-store.ts";
import { countWaiting, openRelay } from "./relay-events.ts";
import { createSubscriptions, type Subscriptions } from "./subscriptions.ts";

export interface JobServices {
  readonly subscribe: Subscriptions["subscribe"];
  /** Whether the topic has a subscriber. */
  readonly isWanted: (topic: string) => boolean;
  /** Tells the relay of committed events, so that they are delivered at once. */
  readonly notice: (events: readonly NewEvent[]) => void;
}

export const jobs: Module<"jobs", object, object, JobServices> = {
  name: "jobs",
  readSettings: () => ({}),
  setTimesBack: setTimesBack([{ table: "jobs.outbox", due: ["next_attempt_at"] }]),
  open: ({ db, log, metrics }) => {
    const subscriptions = createSubscriptions();
    const relay = openRelay({
      db,
      log,
      subscriptions,
      onDelivered: ({ delivered, failed }) =>
        metrics.countEvents({
          delivered,
          failed: failed === undefined ? 0 : 1,
          dead: failed?.isDead === true ? 1 : 0,
        }),
    });
    return {
      services: {
        subscribe: subscriptions.subscribe,
        isWanted: (topic) => subscriptions.handlersOf(topic).length > 0,
        notice: relay.notice,
      },
      gauges: [{ name: "outbox_waiting", help: "Events not delivered yet", read: () => countWaiting(db) }],
      start: relay.start,
      close: relay.stop,
    };
  },
};
