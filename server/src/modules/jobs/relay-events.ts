// The relay: carries events from the outbox to the subscribers, pass after pass. This process's own commits wake it; for
// other processes' events it looks once a second. It runs in every process: one delivers, the others stand by.
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
  /** Call it once every module has subscribed. */
  readonly start: () => void;
  /** Tells the relay of committed events; it wakes where one has a subscriber. Costs one look-up per event. */
  readonly notice: (events: readonly NewEvent[]) => void;
  /** Finishes the event in hand, commits, and ends. */
  readonly stop: () => Promise<void>;
}

const POLL_MS = 1_000;
/** The pause between two passes: under load many commits share a pass, and unwanted events are deleted in large sets. */
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

/** How many events are not yet delivered. Includes those without a subscriber until the next pass deletes them. */
export function countWaiting(db: Sql): Promise<number> {
  return selectWaitingCount(db);
}

/** Logs what an operator needs to know: which process relays, which events fail, which were given up. */
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
