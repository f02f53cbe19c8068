// The SQL of attempts: locked and written by batches, claimed for calls by the job.
import type { Sql } from "../../../runtime/database.ts";
import { toArray } from "../../../runtime/sql-array.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import { numbers, texts, toId } from "../payment-store.ts";
import type { Act, Attempt, AttemptState } from "./attempt.ts";

interface AttemptRow {
  id: bigint;
  payment_id: bigint;
  act: Act;
  amount: bigint;
  tax: bigint;
  keeps_rest: boolean;
  state: AttemptState;
  provider_reference: string | null;
  reason: string | null;
  failure_code: string | null;
  failure_message: string | null;
  actor_id: string;
  asked_count: number;
  due_at: Date | null;
  settled_at: bigint | null;
  attention_since: Date | null;
  answered: boolean;
}

/** All attempts of the payments, oldest first, locked: the job that sends them may be claiming one. */
export async function lockAttemptsOf(
  { sql }: Tx,
  paymentIds: readonly number[],
): Promise<Map<number, Attempt[]>> {
  const rows = await sql<AttemptRow[]>`
    SELECT * FROM payments.attempts WHERE payment_id = ANY(${toArray(paymentIds)}::bigint[]) ORDER BY id FOR NO KEY UPDATE`.execute();
  return groupAttempts(rows.map(toAttempt));
}

function groupAttempts(attempts: readonly Attempt[]): Map<number, Attempt[]> {
  const groups = new Map<number, Attempt[]>();
  for (const attempt of attempts) {
    const group = groups.get(attempt.paymentId);
    if (group === undefined) groups.set(attempt.paymentId, [attempt]);
    else group.push(attempt);
  }
  return groups;
}

/** Inserts new attempts and writes what may change of known ones; a lease ends with it. */
export async function writeAttempts({ sql }: Tx, attempts: readonly Attempt[]): Promise<void> {
  await sql`
    INSERT INTO payments.attempts (id, payment_id, act, amount, tax, keeps_rest, state, provider_reference, reason, failure_code,
      failure_message, actor_id, asked_count, due_at, settled_at, attention_since, answered)
    SELECT * FROM unnest(
      ${numbers(attempts, (a) => a.id)}::bigint[], ${numbers(attempts, (a) => a.paymentId)}::bigint[],
      ${texts(attempts, (a) => a.act)}::text[], ${numbers(attempts, (a) => a.amountMinor)}::bigint[],
      ${numbers(attempts, (a) => a.taxMinor)}::bigint[], ${texts(attempts, (a) => String(a.keepsRest))}::text[]::boolean[],
      ${texts(attempts, (a) => a.state)}::text[], ${texts(attempts, (a) => a.providerReference)}::text[],
      ${texts(attempts, (a) => a.reason)}::text[], ${texts(attempts, (a) => a.failureCode)}::text[],
      ${texts(attempts, (a) => a.failureMessage)}::text[], ${texts(attempts, (a) => a.actorId)}::text[],
      ${numbers(attempts, (a) => a.askedCount)}::integer[], ${texts(attempts, (a) => toTime(a.dueAt))}::text[]::timestamptz[],
      ${numbers(attempts, (a) => a.settledAt)}::bigint[], ${texts(attempts, (a) => toTime(a.attentionSince))}::text[]::timestamptz[],
      ${texts(attempts, (a) => String(a.isAnswered))}::text[]::boolean[])
    ON CONFLICT (id) DO UPDATE SET state = excluded.state, provider_reference = excluded.provider_reference,
      failure_code = excluded.failure_code, failure_message = excluded.failure_message, due_at = excluded.due_at,
      settled_at = excluded.settled_at, attention_since = excluded.attention_since, answered = excluded.answered, leased_until = NULL`.execute();
}

function toTime(date: Date | null): string | null {
  return date === null ? null : date.toISOString();
}

export function toAttempt(row: AttemptRow): Attempt {
  return {
    id: Number(row.id),
    paymentId: Number(row.payment_id),
    act: row.act,
    amountMinor: row.amount,
    taxMinor: row.tax,
    keepsRest: row.keeps_rest,
    state: row.state,
    providerReference: row.provider_reference,
    reason: row.reason,
    failureCode: row.failure_code,
    failureMessage: row.failure_message,
    actorId: row.actor_id,
    askedCount: row.asked_count,
    dueAt: row.due_at,
    settledAt: toId(row.settled_at),
    attentionSince: row.attention_since,
    isAnswered: row.answered,
  };
}

export type { AttemptRow };

/** Takes attempts whose next call is due, so that no other process calls meanwhile. One that is new counts as sent from here on. */
export async function claimDueAttempts(
  db: Sql,
  { now, leaseSeconds, limit }: { now: Date; leaseSeconds: number; limit: number },
): Promise<Attempt[]> {
  const at = now.toISOString();
  const rows = await db<AttemptRow[]>`
    UPDATE payments.attempts a SET asked_count = a.asked_count + 1, state = CASE a.state WHEN 'created' THEN 'sent' ELSE a.state END,
      leased_until = ${at}::timestamptz + make_interval(secs => ${leaseSeconds})
    FROM (
      SELECT id FROM payments.attempts
      WHERE due_at <= ${at} AND settled_at IS NULL AND (leased_until IS NULL OR leased_until < ${at})
      ORDER BY due_at LIMIT ${limit} FOR UPDATE SKIP LOCKED) AS due
    WHERE a.id = due.id RETURNING a.*`;
  return rows.map(toAttempt);
}

/** Ends the lease of an attempt whose call had no answer; nothing where it was settled meanwhile. */
export async function postponeAttempt(
  db: Sql,
  attempt: {
    id: number;
    state: "created" | "sent" | "unknown";
    dueAt: Date | null;
    attentionSince: Date | null;
    message: string;
  },
): Promise<void> {
  await db`
    UPDATE payments.attempts SET state = ${attempt.state}, due_at = ${attempt.dueAt}, leased_until = NULL,
      failure_message = ${attempt.message}, attention_since = coalesce(attention_since, ${attempt.attentionSince})
    WHERE id = ${attempt.id} AND settled_at IS NULL`;
}

/** Of one payment, oldest first. */
export async function readAttempts(db: Sql | Tx["sql"], paymentId: number): Promise<Attempt[]> {
  const rows = await db<
    AttemptRow[]
  >`SELECT * FROM payments.attempts WHERE payment_id = ${paymentId} ORDER BY id`;
  return rows.map(toAttempt);
}

export async function readAttemptsById({ sql }: Tx, ids: readonly number[]): Promise<Attempt[]> {
  const rows = await sql<
    AttemptRow[]
  >`SELECT * FROM payments.attempts WHERE id = ANY(${toArray(ids)}::bigint[])`;
  return rows.map(toAttempt);
}

/** Attempts that wait for a person, in the order of their ids. */
export async function readAttention(
  db: Sql,
  { afterId, limit }: { afterId: number; limit: number },
): Promise<Attempt[]> {
  const rows = await db<AttemptRow[]>`
    SELECT * FROM payments.attempts WHERE attention_since IS NOT NULL AND id > ${afterId} ORDER BY id LIMIT ${limit}`;
  return rows.map(toAttempt);
}

/** How long attempts have waited for a person: how many there are, and since when the first. */
export async function readAttentionAge(db: Sql): Promise<{ count: number; since: Date | null }> {
  const [row] = await db<[{ count: bigint; since: Date | null }]>`
    SELECT count(*) AS count, min(attention_since) AS since FROM payments.attempts WHERE attention_since IS NOT NULL`;
  return { count: Number(row.count), since: row.since };
}
