// The job behind the inbox: applies each stored webhook to its payment. If the payment is not known yet, or the outcome cannot
// be recorded, the webhook is tried again with growing pauses; nothing is dropped because it came too early. A webhook that
// does not fit its payment is shown to people, and changes nothing.
import type { Log } from "../../../runtime/log.ts";
import { AppError } from "../../../values/app-error.ts";
import { ensureAssets } from "../../ledger/index.ts";
import { holdEvent } from "../attention/hold-event.ts";
import { getPayment } from "../find-payments.ts";
import { recordOutcome } from "../outcomes/record-outcome.ts";
import { mayStillBeCaptured } from "../payment.ts";
import type { CardProvider, CardProviderName, ProviderNotice } from "../providers/card-provider.ts";
import type { PaymentKeeper } from "../submit-change.ts";
import * as store from "./inbox-store.ts";

const WEBHOOKS_PER_PASS_MAX = 50;
const LEASE_SECONDS = 60;
const PAUSE_SECONDS_MAX = 300;
/**
 * After this time, an event about something unknown here belongs to another program on the same provider account. An event
 * that cannot be applied until then never will be; reconciling with the provider's list finds it.
 */
const GIVEN_UP_AFTER_SECONDS = 3 * 86_400;
const TELL_AFTER_TRIES = 10;
const ERROR_LENGTH_MAX = 500;

export interface Inbox extends PaymentKeeper {
  readonly providers: ReadonlyMap<CardProviderName, { provider: CardProvider }>;
  readonly log: Log;
  readonly clock: () => Date;
}

/**
 * Applies all webhooks that are due now: those of one payment in the order they came, different payments at once, since the desk
 * commits them together. Returns how many there were.
 */
export async function applyDueWebhooks(inbox: Inbox): Promise<number> {
  const due = await store.claimDueWebhooks(inbox.db, {
    now: inbox.clock(),
    leaseSeconds: LEASE_SECONDS,
    limit: WEBHOOKS_PER_PASS_MAX,
  });
  const groups = Map.groupBy(due, (webhook) => subjectOf(inbox, webhook));
  const ended = await Promise.allSettled(groups.values().map((group) => applyInTurn(inbox, group)));
  const failed = ended.find((end) => end.status === "rejected");
  if (failed !== undefined) throw failed.reason; // not even the error could be saved: the lease ends, and they are tried again
  return due.length;
}

async function applyInTurn(inbox: Inbox, webhooks: readonly store.WebhookRow[]): Promise<void> {
  for (const webhook of webhooks) {
    await applyWebhook(inbox, webhook).catch((error: unknown) => postpone(inbox, webhook, error));
  }
}

/** The thing that a webhook is about; one that cannot be read is only about itself. */
function subjectOf({ providers }: Inbox, { provider, body, id }: store.WebhookRow): string {
  try {
    const notice = providers.get(provider as CardProviderName)?.provider.readNotice(body);
    return notice?.reference ?? `webhook ${id}`;
  } catch {
    return `webhook ${id}`;
  }
}

async function applyWebhook(inbox: Inbox, webhook: store.WebhookRow): Promise<void> {
  const { db } = inbox;
  const { paymentId, isNews } = await findSubject(inbox, webhook);
  if (!isNews) return store.finishWebhook(db, { id: webhook.id, state: "ignored", paymentId: null });
  if (paymentId === undefined) throw new Error("the payment it is about is not known yet");
  // Amounts can only be read correctly once this process knows the payment's asset.
  const payment = await getPayment(db, paymentId);
  await ensureAssets(inbox.assets, [payment]);
  const answer = readAnswer(inbox, webhook);
  try {
    await recordOutcome(inbox, { paymentId, answer });
  } catch (error) {
    const why = await findMismatch(inbox, webhook, { paymentId, error });
    if (why === undefined) throw error;
    const isReadable = answer.currency === payment.currency && answer.problem === undefined;
    return hold(inbox, webhook, { paymentId, why, answer: isReadable ? answer : null });
  }
  await store.finishWebhook(db, { id: webhook.id, state: "done", paymentId });
}

/** After so many tries, some seconds apart, whatever should have come first has come, or never will. */
const HELD_AFTER_TRIES = 5;

/**
 * Why an event is shown to people, in words: it does not fit the request; or it is of more than the payment has, and nothing
 * under way or set aside could explain that. Undefined: try it again.
 */
async function findMismatch(
  { db, clock }: Inbox,
  webhook: store.WebhookRow,
  { paymentId, error }: { paymentId: number; error: unknown },
): Promise<string | undefined> {
  if (!(error instanceof AppError)) return undefined;
  if (error.code === "event_differs") return error.message;
  if (error.code !== "payment_in_flight" || webhook.tries < HELD_AFTER_TRIES) return undefined;
  const isExplicable = mayStillBeCaptured(await getPayment(db, paymentId));
  const isOld = ageSeconds(webhook, clock()) > GIVEN_UP_AFTER_SECONDS;
  return isExplicable && !isOld ? undefined : "it is of more than the payment has";
}

function readAnswer({ providers }: Inbox, { provider: name, body }: store.WebhookRow): ProviderNotice {
  const known = providers.get(name as CardProviderName);
  if (known === undefined) throw new Error(`the provider ${name} is no longer configured`);
  return known.provider.readNotice(body);
}

/** The payment that it is about, if known by now; and whether it reports anything about it. */
async function findSubject(inbox: Inbox, webhook: store.WebhookRow) {
  const { reference, reports, problem, paymentId: told } = readAnswer(inbox, webhook);
  const isNews = reports.length > 0 || problem !== undefined;
  const { provider } = webhook;
  const paymentId = isNews
    ? await store.selectPaymentId(inbox.db, { provider, reference, paymentId: told })
    : undefined;
  return { paymentId, isNews };
}

async function hold(
  inbox: Inbox,
  webhook: store.WebhookRow,
  { paymentId, why, answer }: { paymentId: number; why: string; answer: ProviderNotice | null },
): Promise<void> {
  const { id, provider, eventId, type } = webhook;
  await holdEvent(inbox, { paymentId, provider, eventId, type, why, answer });
  await store.finishWebhook(inbox.db, { id, state: "held", paymentId });
  const fields = { webhook: eventId, provider, payment: paymentId, "error.message": why };
  inbox.log.error(fields, "an event of a provider does not fit its payment: GET /payments/attention");
}

async function postpone({ db, log, clock }: Inbox, webhook: store.WebhookRow, error: unknown): Promise<void> {
  const text = String(error instanceof AppError ? `${error.code}: ${error.message}` : error);
  const fields = { err: error, webhook: webhook.eventId, provider: webhook.provider, tries: webhook.tries };
  if (ageSeconds(webhook, clock()) > GIVEN_UP_AFTER_SECONDS) {
    log.error(fields, "a webhook could not be applied for three days and is given up");
    return store.finishWebhook(db, { id: webhook.id, state: "ignored", paymentId: null });
  }
  const pauseSeconds = Math.min(2 ** Math.min(webhook.tries - 1, 20), PAUSE_SECONDS_MAX);
  const dueAt = new Date(clock().getTime() + pauseSeconds * 1_000);
  await store.postponeWebhook(db, { id: webhook.id, dueAt, error: text.slice(0, ERROR_LENGTH_MAX) });
  if (webhook.tries === TELL_AFTER_TRIES) log.error(fields, "a webhook could not be applied for a while");
  else log.info(fields, "a webhook waits and is applied later");
}

function ageSeconds({ receivedAt }: store.WebhookRow, now: Date): number {
  return (now.getTime() - receivedAt.getTime()) / 1_000;
}

const KEEP_DAYS = 90;

/** Deletes webhooks done over 90 days ago: no signature is valid that long, so none can come again. Returns how many. */
export function forgetOldWebhooks(db: Inbox["db"], now = new Date()): Promise<number> {
  return store.deleteOldWebhooks(db, new Date(now.getTime() - KEEP_DAYS * 86_400_000));
}
