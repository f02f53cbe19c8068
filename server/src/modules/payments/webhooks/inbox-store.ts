// The SQL of the webhook inbox.
import type { Sql } from "../../../runtime/database.ts";

export interface NewWebhook {
  readonly provider: string;
  readonly eventId: string;
  readonly type: string;
  readonly body: string;
}

/** Stores a webhook; false where its event was stored before. */
export async function insertWebhook(db: Sql, webhook: NewWebhook): Promise<boolean> {
  const inserted = await db`
    INSERT INTO payments.inbox (provider, event_id, type, body)
    VALUES (${webhook.provider}, ${webhook.eventId}, ${webhook.type}, ${webhook.body})
    ON CONFLICT (provider, event_id) DO NOTHING`;
  return inserted.count > 0;
}

export interface WebhookRow {
  readonly id: number;
  readonly provider: string;
  readonly eventId: string;
  readonly type: string;
  readonly body: string;
  readonly receivedAt: Date;
  readonly tries: number;
}

/** Claims webhooks that are due, oldest first; other processes skip them meanwhile. */
export async function claimDueWebhooks(
  db: Sql,
  { now, leaseSeconds, limit }: { now: Date; leaseSeconds: number; limit: number },
): Promise<WebhookRow[]> {
  const at = now.toISOString();
  const rows = await db<
    {
      id: bigint;
      provider: string;
      event_id: string;
      type: string;
      body: string;
      received_at: Date;
      tries: number;
    }[]
  >`
    UPDATE payments.inbox i
    SET tries = i.tries + 1, leased_until = ${at}::timestamptz + make_interval(secs => ${leaseSeconds})
    FROM (
      SELECT id
      FROM payments.inbox
      WHERE due_at <= ${at} AND (leased_until IS NULL OR leased_until < ${at})
      ORDER BY due_at, id
      LIMIT ${limit}
      FOR UPDATE SKIP LOCKED) AS due
    WHERE i.id = due.id
    RETURNING i.id, i.provider, i.event_id, i.type, i.body, i.received_at, i.tries`;
  return rows
    .map((row) => ({ ...row, id: Number(row.id), eventId: row.event_id, receivedAt: row.received_at }))
    .toSorted((a, b) => a.id - b.id);
}

export async function finishWebhook(
  db: Sql,
  webhook: { id: number; state: "done" | "ignored" | "held"; paymentId: number | null },
): Promise<void> {
  await db`
    UPDATE payments.inbox
    SET state = ${webhook.state}, payment_id = ${webhook.paymentId}, done_at = now(), due_at = NULL,
        leased_until = NULL, last_error = NULL
    WHERE id = ${webhook.id}`;
}

export async function postponeWebhook(
  db: Sql,
  webhook: { id: number; dueAt: Date; error: string },
): Promise<void> {
  await db`
    UPDATE payments.inbox
    SET due_at = ${webhook.dueAt}, leased_until = NULL, last_error = ${webhook.error}
    WHERE id = ${webhook.id} AND state = 'received'`;
}

/** Payments by the provider's own id for them, or by our id where the provider sent it. */
export async function selectPaymentId(
  db: Sql,
  {
    provider,
    reference,
    paymentId,
  }: { provider: string; reference: string | undefined; paymentId: number | undefined },
): Promise<number | undefined> {
  const rows = await db<{ id: bigint }[]>`
    SELECT id
    FROM payments.payments
    WHERE provider = ${provider}
      AND (provider_reference = ${reference ?? null}
        OR (id = ${paymentId ?? null} AND (provider_reference IS NULL OR ${reference ?? null}::text IS NULL)))
    ORDER BY (provider_reference IS NOT NULL) DESC
    LIMIT 1`;
  return rows.map(({ id }) => Number(id))[0];
}

/** Since when the oldest unapplied webhook waits; null where there is none. */
export async function selectOldestWaiting(db: Sql): Promise<Date | null> {
  const [row] = await db<[{ since: Date | null }]>`
    SELECT min(received_at) AS since FROM payments.inbox WHERE due_at IS NOT NULL`;
  return row.since;
}

/** Deletes webhooks that were done before `before`. Returns how many. */
export async function deleteOldWebhooks(db: Sql, before: Date): Promise<number> {
  const deleted = await db`DELETE FROM payments.inbox WHERE done_at < ${before}`;
  return deleted.count;
}
