// One pass of the relay, in one transaction: claim events, hand them to the subscribers in order, delete the delivered ones. A
// crash rolls the deletion back, and the events are delivered again: at least once, in order.
import type { Sql } from "../../runtime/database.ts";
import { inTransaction, type Tx } from "../../runtime/transaction.ts";
import { AppError } from "../../values/app-error.ts";
import * as store from "./relay-store.ts";
import type { OutboxEvent, Subscriptions } from "./subscriptions.ts";

const EVENTS_PER_PASS_MAX = 1_000;
const UNWANTED_PER_PASS_MAX = 20_000;
export const ATTEMPTS_MAX = 8;
const HANDLER_TIMEOUT_MS = 10_000;
/** After this time a pass hands out no more events and commits: a long transaction keeps PostgreSQL from cleaning up. */
const PASS_MS = 5_000;

export interface DeliveryContext {
  readonly db: Sql;
  readonly subscriptions: Subscriptions;
  readonly clock?: () => Date;
  /** Aborted: finish the event in hand, then stop. */
  readonly stopping?: AbortSignal;
}

export interface Delivery {
  /** Another process is the relay; this pass did nothing. */
  readonly isStandby: boolean;
  readonly delivered: number;
  /** How many events without a subscriber were deleted. */
  readonly unwanted: number;
  readonly failed?: FailedEvent;
  /** Whether more events may be ready at once. */
  readonly isFull: boolean;
}

export interface FailedEvent {
  readonly event: OutboxEvent;
  readonly error: unknown;
  /** Whether it was moved to dead_letters; otherwise it is tried again later, and all events after it wait. */
  readonly isDead: boolean;
}

const STANDBY: Delivery = { isStandby: true, delivered: 0, unwanted: 0, isFull: false };

/**
 * Delivers up to 1,000 events. Only one process delivers at a time, by an advisory lock that ends with the transaction or its
 * connection, so that the order holds and another process takes over at once when the relay dies.
 * @throws AppError `unavailable/database_unavailable`; events delivered until then are delivered again
 */
export async function deliverEvents(context: DeliveryContext): Promise<Delivery> {
  const pass = new AbortController();
  try {
    return await inTransaction(context.db, (tx) => deliver(tx, context, pass));
  } finally {
    pass.abort(); // after a lost connection another process already delivers: stop the subscriber still at work here
  }
}

async function deliver(tx: Tx, context: DeliveryContext, pass: AbortController): Promise<Delivery> {
  if (!(await store.tryLockRelay(tx))) return STANDBY;
  const now = (context.clock ?? (() => new Date()))();
  const patterns = context.subscriptions.likePatterns();
  const unwanted = await store.deleteUnwanted(tx, patterns, UNWANTED_PER_PASS_MAX);
  const events = await store.claimEvents(tx, { patterns, now, limit: EVENTS_PER_PASS_MAX });
  const { taken, failed } = await handOut(events, context, pass);
  if (taken.length > 0) await store.deleteDelivered(tx, taken);
  if (failed !== undefined) await settle(tx, failed, now);
  const isFull = events.length === EVENTS_PER_PASS_MAX && failed === undefined;
  return {
    isStandby: false,
    delivered: taken.length,
    unwanted,
    isFull: isFull || unwanted === UNWANTED_PER_PASS_MAX,
    ...(failed === undefined ? {} : { failed }),
  };
}

/** Delivers in order until one event fails, the time is up, or the program stops. */
async function handOut(
  events: readonly OutboxEvent[],
  { subscriptions, stopping }: DeliveryContext,
  pass: AbortController,
): Promise<{ taken: number[]; failed?: FailedEvent }> {
  const deadline = performance.now() + PASS_MS;
  const taken: number[] = [];
  for (const event of events) {
    if (stopping?.aborted === true || pass.signal.aborted || performance.now() > deadline) break;
    try {
      for (const handler of subscriptions.handlersOf(event.topic)) {
        const handled = handler(event, pass.signal);
        if (handled !== undefined) await withTimeout(handled, pass);
      }
      taken.push(event.id);
    } catch (error) {
      return { taken, failed: { event, error, isDead: isHopeless(event, error) } };
    }
  }
  return { taken };
}

/** A handler that hangs is abandoned, and its signal is aborted to tell it so. */
async function withTimeout(handled: Promise<void>, pass: AbortController): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timedOut = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      pass.abort();
      reject(new Error(`the subscriber took longer than ${HANDLER_TIMEOUT_MS} ms`));
    }, HANDLER_TIMEOUT_MS);
  });
  try {
    await Promise.race([handled, timedOut]);
  } finally {
    clearTimeout(timer);
  }
}

/** A foreign system that is down will come back: its events wait for as long as that takes. */
function isHopeless(event: OutboxEvent, error: unknown): boolean {
  if (error instanceof AppError && error.kind === "unavailable") return false;
  return event.attempts + 1 >= ATTEMPTS_MAX;
}

const RETRY_MS_MIN = 500;
const RETRY_MS_MAX = 60_000;

async function settle(tx: Tx, { event, error, isDead }: FailedEvent, now: Date): Promise<void> {
  const failed = { id: event.id, error: describe(error) };
  if (isDead) return store.moveToDeadLetters(tx, failed);
  const delayMs = Math.min(RETRY_MS_MIN * 2 ** event.attempts, RETRY_MS_MAX);
  return store.postponeEvent(tx, { ...failed, nextAttemptAt: new Date(now.getTime() + delayMs) });
}

const ERROR_LENGTH_MAX = 1_000;

function describe(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return text.replaceAll("\0", "").toWellFormed().slice(0, ERROR_LENGTH_MAX);
}
