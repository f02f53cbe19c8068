// One pass of the relay, in one transaction: claim, hand to the subscribers in order, delete what was taken. A crash
// anywhere rolls the deletion back, and the events are delivered again: at least once, in order.
import type { Sql } from "../../runtime/database.ts";
import { inTransaction, type Tx } from "../../runtime/transaction.ts";
import { AppError } from "../../values/app-error.ts";
import * as store from "./relay-store.ts";
import type { OutboxEvent, Subscriptions } from "./subscriptions.ts";

const EVENTS_PER_PASS_MAX = 1_000;
const UNWANTED_PER_PASS_MAX = 20_000;
export const ATTEMPTS_MAX = 8;
const HANDLER_TIMEOUT_MS = 10_000;
/** After this a pass hands out nothing more and commits: a long transaction keeps PostgreSQL from cleaning up. */
const PASS_MS = 5_000;

export interface DeliveryContext {
  readonly db: Sql;
  readonly subscriptions: Subscriptions;
  readonly clock?: () => Date;
  /** Aborted: finish the event in hand, then stop. */
  readonly stopping?: AbortSignal;
}

export interface Delivery {
  /** Another process relays; nothing was done here. */
  readonly isStandby: boolean;
  readonly delivered: number;
  /** Events without a subscriber, deleted. */
  readonly unwanted: number;
  readonly failed?: FailedEvent;
  /** There may be more to do at once. */
  readonly isFull: boolean;
}

export interface FailedEvent {
  readonly event: OutboxEvent;
  readonly error: unknown;
  /** Moved to dead_letters; otherwise it is tried again later, and all after it wait. */
  readonly isDead: boolean;
}

const STANDBY: Delivery = { isStandby: true, delivered: 0, unwanted: 0, isFull: false };

/**
 * Delivers up to 1,000 events. Of all processes one delivers at a time, by an advisory lock that ends with the
 * transaction or its connection, so that order holds and a dead relay is replaced at once.
 * @throws AppError `unavailable/database_unavailable`; what was delivered meanwhile comes again
 */
export async function deliverEvents(context: DeliveryContext): Promise<Delivery> {
  const pass = new AbortController();
  try {
    return await inTransaction(context.db, (tx) => deliver(tx, context, pass));
  } finally {
    pass.abort(); // where the connection was lost, others deliver already: a subscriber still at work here ends too
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

/** In order, until one fails, time is up, or the program stops. */
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

/** A handler that hangs is given up, and its signal tells it so. */
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

/** A foreign system that is down passes: its events wait for as long as it takes. */
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
