// The relay: carries events from the outbox to the subscribers, pass after pass. Woken by this process's own commits,
// and once a second for those of others. Runs in every process; one of them delivers, the others stand by.
import type { Sql } from "../../runtime/database.ts";
import type { Log } from "../../runtime/log.ts";
import { startWorker, type Worker } from "../../runtime/worker.ts";
import { type Delivery, deliverEvents, type FailedEvent } from "./deliver-events.ts";
import type { NewEvent } from "./outbox-store.ts";
import { selectWaitingCount } from "./relay-store.ts";
import type { Subscriptions } from "./subscriptions.ts";

export interface RelayOptions {
  readonly db: Sql;
  readonly log: Log;
  readonly subscriptions: Subscriptions;
  readonly onDelivered?: (delivery: Delivery) => void;
}

export interface Relay {
  /** Once everybody has subscribed. */
  readonly start: () => void;
  /** Tells of committed events; wakes the relay where somebody subscribes to one. Costs a look-up per event. */
  readonly notice: (events: readonly NewEvent[]) => void;
  /** Finishes the event in hand, commits, and ends. */
  readonly stop: () => Promise<void>;
}

const POLL_MS = 1_000;
/** Between two passes: under load many commits share one, and unwanted events go in large sets. */
const PAUSE_MS = 50;

export function openRelay(options: RelayOptions): Relay {
  const { log, subscriptions } = options;
  const tell = createTeller(log);

  async function pass(stopping: AbortSignal): Promise<number> {
    const delivery = await deliverEvents({ ...options, stopping });
    tell(delivery);
    options.onDelivered?.(delivery);
    return delivery.isFull ? 0 : POLL_MS;
  }

  let worker: Worker | undefined;
  return {
    start: () => {
      worker ??= startWorker({
        pass,
        paceMs: PAUSE_MS,
        onFailure: (error) => {
          log.warn({ err: error }, "events wait: the relay could not reach the database");
          return POLL_MS;
        },
      });
    },
    notice: (events) => {
      if (events.some(({ topic }) => subscriptions.handlersOf(topic).length > 0)) worker?.wake();
    },
    stop: async () => worker?.stop(),
  };
}

/** Events that are not yet delivered, those without a subscriber included until the next pass. */
export function countWaiting(db: Sql): Promise<number> {
  return selectWaitingCount(db);
}

/** Logs what an operator wants to know: who relays, what fails, what died. */
function createTeller(log: Log): (delivery: Delivery) => void {
  let isStandby: boolean | undefined;
  return (delivery) => {
    if (delivery.isStandby !== isStandby)
      log.debug(delivery.isStandby ? "another process relays events" : "this process relays events");
    isStandby = delivery.isStandby;
    if (delivery.failed !== undefined) tellOfFailure(log, delivery.failed);
  };
}

function tellOfFailure(log: Log, { event, error, isDead }: FailedEvent): void {
  const fields = {
    err: error,
    "event.id": event.id,
    "event.action": event.topic,
    attempts: event.attempts + 1,
  };
  if (isDead) log.error(fields, "an event was given up and lies in jobs.dead_letters");
  else log.warn(fields, "an event was not taken; it and those after it wait");
}
