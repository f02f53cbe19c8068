// The job that calls providers: claims the attempts that are due, calls outside of any transaction with the attempt's own
// key, and records the outcome. Without an answer the attempt is unknown, and the job asks again with the same key; an attempt
// that stays unknown too long goes to the queue for people. Silence is never taken for an outcome.
import type { CallPolicy } from "../../../runtime/call-policy.ts";
import type { Log } from "../../../runtime/log.ts";
import { AppError } from "../../../values/app-error.ts";
import { ensureAssets } from "../../ledger/index.ts";
import { getPayment } from "../find-payments.ts";
import { recordOutcome } from "../outcomes/record-outcome.ts";
import {
  type CardCall,
  type CardProvider,
  type CardProviderName,
  ProviderBusyError,
  ProviderUnreachableError,
} from "../providers/card-provider.ts";
import type { PaymentKeeper } from "../submit-change.ts";
import { type Attempt, keyOf } from "./attempt.ts";
import { stepOf } from "./attempt-states.ts";
import * as store from "./attempt-store.ts";

/** The most calls under way at once; a slow call holds up no more than its own place. */
const CALLS_MAX = 16;
const ASK_SECONDS_MIN = 0.5;
const ASK_SECONDS_MAX = 600;
/** A provider forgets keys after a day, and a call with a forgotten key could charge twice: from here on the job only asks. */
const KEY_LIFE_SECONDS = 20 * 3_600;
/** How long an answered attempt may take before a person looks at it: bank refunds take days. */
const ANSWERED_ATTENTION_SECONDS = 7 * 86_400;

export interface Sender extends PaymentKeeper {
  readonly providers: ReadonlyMap<CardProviderName, { provider: CardProvider; policy: CallPolicy }>;
  readonly log: Log;
  readonly clock: () => Date;
  /** Longer than a call with its retries can take. */
  readonly leaseSeconds: number;
  /** How long an attempt may be unknown before people are asked. */
  readonly attentionSeconds: number;
}

export interface SendingPool {
  /** Begins a call for each due attempt, as far as there is room; waits where there is none. Returns how many. */
  readonly pass: (signal: AbortSignal) => Promise<number>;
  /** Resolves when no call is under way. */
  readonly drain: () => Promise<void>;
}

/** A slow provider holds up only its own calls: passes go on while calls wait for their answers. */
export function createSendingPool(sender: Sender): SendingPool {
  const running = new Set<Promise<void>>();
  return {
    pass: async (signal) => {
      if (running.size >= CALLS_MAX) await Promise.race(running);
      const { db, leaseSeconds } = sender;
      const limit = CALLS_MAX - running.size;
      const due = await store.claimDueAttempts(db, { now: sender.clock(), leaseSeconds, limit });
      for (const attempt of due) {
        const call = sendLogged(sender, attempt, signal).finally(() => running.delete(call));
        running.add(call);
      }
      return due.length;
    },
    drain: async () => {
      await Promise.all(running);
    },
  };
}

/** A bug with one attempt must not stop the others; its lease ends by itself and it is tried again. */
async function sendLogged(sender: Sender, attempt: Attempt, signal: AbortSignal): Promise<void> {
  try {
    await send(sender, attempt, signal);
  } catch (error) {
    sender.log.error(
      { err: error, attempt: attempt.id },
      "the outcome of a payment attempt could not be recorded",
    );
  }
}

async function send(sender: Sender, attempt: Attempt, signal: AbortSignal): Promise<void> {
  const payment = await getPayment(sender.db, attempt.paymentId);
  const known = sender.providers.get(payment.provider as CardProviderName);
  if (known === undefined)
    return postpone(sender, attempt, `the provider ${payment.provider} is not configured`);
  await ensureAssets(sender.assets, [payment]);
  const { provider, policy } = known;
  const call: CardCall = {
    key: keyOf(attempt),
    attemptId: attempt.id,
    act: attempt.act,
    amountMinor: attempt.amountMinor,
    keepsRest: attempt.keepsRest,
    attemptReference: attempt.providerReference,
    payment,
    captureMode: payment.captureMode,
    createdAt: new Date(attempt.id / 1_000),
  };
  const ask = attempt.isAnswered || isKeyForgotten(sender, attempt) ? provider.ask : provider.call;
  try {
    const answer = await policy.run((callSignal) => ask(call, callSignal), signal);
    const askAgainAt = nextAsk(sender, attempt);
    await recordOutcome(sender, { paymentId: payment.id, attemptId: attempt.id, answer, askAgainAt });
  } catch (error) {
    const isForPeople = error instanceof AppError && error.code === "event_differs";
    const isUncalled = error instanceof ProviderUnreachableError || error instanceof ProviderBusyError;
    if (!isForPeople && !isUncalled) throw error;
    await postpone(sender, attempt, error);
  }
}

function isKeyForgotten({ clock }: Sender, attempt: Attempt): boolean {
  return !attempt.isAnswered && attempt.askedCount > 1 && ageSeconds(clock(), attempt) > KEY_LIFE_SECONDS;
}

function ageSeconds(now: Date, attempt: Pick<Attempt, "id">): number {
  return now.getTime() / 1_000 - attempt.id / 1_000_000;
}

function nextAsk({ clock }: Sender, { askedCount }: Attempt): Date {
  const seconds = Math.min(ASK_SECONDS_MIN * 2 ** Math.min(askedCount - 1, 20), ASK_SECONDS_MAX);
  return new Date(clock().getTime() + seconds * 1_000);
}

/** An answer that does not fit the request, and a provider that is not configured, are shown to people at once. */
async function postpone(sender: Sender, attempt: Attempt, why: Error | string): Promise<void> {
  const { db, log, clock } = sender;
  const message = typeof why === "string" ? why : why.message;
  const isUncalled = typeof why === "string" || why instanceof ProviderBusyError;
  const isUnanswered = why instanceof ProviderUnreachableError;
  const event = isUncalled ? "uncalled" : "unanswered";
  const limit = attempt.isAnswered ? ANSWERED_ATTENTION_SECONDS : sender.attentionSeconds;
  const isOld = ageSeconds(clock(), attempt) > limit;
  const isWaiting = isUnanswered || why instanceof ProviderBusyError;
  const attentionSince = isOld || !isWaiting ? clock() : null;
  await store.postponeAttempt(db, {
    id: attempt.id,
    state: stepOf(attempt, event)?.to ?? attempt.state,
    dueAt: nextAsk(sender, attempt),
    attentionSince,
    message,
  });
  const fields = {
    attempt: attempt.id,
    payment: attempt.paymentId,
    act: attempt.act,
    "error.message": message,
  };
  if (attentionSince !== null && attempt.attentionSince === null)
    log.error(fields, "a payment attempt waits for a person: GET /payments/attention");
  else log.warn(fields, "a payment attempt had no answer and is asked about again");
}
