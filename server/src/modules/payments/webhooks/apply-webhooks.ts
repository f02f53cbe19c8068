// The job behind the inbox: applies each stored webhook to its payment. One whose payment is not known yet, or whose
// outcome could not be recorded, comes again with growing pauses until it is; nothing is dropped because it came too early.
import type { Log } from "../../../runtime/log.ts";
import { AppError } from "../../../values/app-error.ts";
import { ensureAssets } from "../../ledger/index.ts";
import { getPayment } from "../find-payments.ts";
import { recordOutcome } from "../outcomes/record-outcome.ts";
import type { CardProvider, CardProviderName } from "../providers/card-provider.ts";
import type { PaymentKeeper } from "../submit-change.ts";
import * as store from "./inbox-store.ts";

const WEBHOOKS_PER_PASS_MAX = 50;
const LEASE_SECONDS = 60;
const PAUSE_SECONDS_MAX = 300;
/**
 * An event about something that nobody here has made by now is of another program on the same provider account. What
 * cannot be applied until then never will be, and reconciling with the provider's list tells of it.
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
 * Applies all webhooks that are due now: those of one payment in the order they came, those of many at once, for the desk
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
  if (failed !== undefined) throw failed.reason; // not even the error could be kept: the lease ends, and they come again
  return due.length;
}

async function applyInTurn(inbox: Inbox, webhooks: readonly store.WebhookRow[]): Promise<void> {
  for (const webhook of webhooks) {
    await applyWebhook(inbox, webhook).catch((error: unknown) => postpone(inbox, webhook, error));
  }
}

/** What a webhook is about; one that cannot be read is about nothing else. */
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
  const known = inbox.providers.get(webhook.provider as CardProviderName);
  if (known === undefined) throw new Error(`the provider ${webhook.provider} is no longer configured`);
  const { provider } = known;
  const { reference, reports, paymentId: told } = provider.readNotice(webhook.body);
  if (reports.length === 0)
    return store.finishWebhook(db, { id: webhook.id, state: "ignored", paymentId: null });
  const paymentId = await store.selectPaymentId(db, {
    provider: webhook.provider,
    reference,
    paymentId: told,
  });
  if (paymentId === undefined) throw new Error("the payment it is about is not known yet");
  // Amounts can be read for sure only once the payment's asset is known in this process.
  await ensureAssets(inbox.assets, [await getPayment(db, paymentId)]);
  const { reports: read } = provider.readNotice(webhook.body);
  await recordOutcome(inbox, { paymentId, answer: { reference, reports: read } });
  await store.finishWebhook(db, { id: webhook.id, state: "done", paymentId });
}

async function postpone({ db, log, clock }: Inbox, webhook: store.WebhookRow, error: unknown): Promise<void> {
  const text = String(error instanceof AppError ? `${error.code}: ${error.message}` : error);
  const fields = { err: error, webhook: webhook.eventId, provider: webhook.provider, tries: webhook.tries };
  const ageSeconds = (clock().getTime() - webhook.receivedAt.getTime()) / 1_000;
  if (ageSeconds > GIVEN_UP_AFTER_SECONDS) {
    log.error(fields, "a webhook could not be applied for three days and is given up");
    return store.finishWebhook(db, { id: webhook.id, state: "ignored", paymentId: null });
  }
  const pauseSeconds = Math.min(2 ** Math.min(webhook.tries - 1, 20), PAUSE_SECONDS_MAX);
  const dueAt = new Date(clock().getTime() + pauseSeconds * 1_000);
  await store.postponeWebhook(db, { id: webhook.id, dueAt, error: text.slice(0, ERROR_LENGTH_MAX) });
  if (webhook.tries === TELL_AFTER_TRIES) log.error(fields, "a webhook could not be applied for a while");
  else log.info(fields, "a webhook waits and is applied later");
}

const KEEP_DAYS = 90;

/** Forgets webhooks that were done with 90 days ago: no signature is taken for so long, so none can come again. Returns how many. */
export function forgetOldWebhooks(db: Inbox["db"], now = new Date()): Promise<number> {
  return store.deleteOldWebhooks(db, new Date(now.getTime() - KEEP_DAYS * 86_400_000));
}
