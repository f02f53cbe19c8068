// The SQL of attempts: locked and written by batches, claimed for calls by the job.

import type { Sql } from "../../../runtime/database.ts";
import { type ColumnTable, columnsOf } from "../../../runtime/row-columns.ts";
import { tableOf } from "../../../runtime/row-table-store.ts";
import { toArray } from "../../../runtime/sql-array.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import { toId } from "../../../values/id.ts";
import type { Act, Attempt, AttemptState } from "./attempt.ts";

export interface AttemptRow {
  id: bigint;
  payment_id: bigint;
  act: Act;
  amount: bigint;
  tax: bigint;
  keeps_rest: boolean;
  state: AttemptState;
  provider_reference: string | null;
  reason: string | null;
  account_id: bigint | null;
  failure_code: string | null;
  failure_message: string | null;
  actor_id: string;
  asked_count: number;
  due_at: Date | null;
  settled_at: bigint | null;
  attention_since: Date | null;
  answered: boolean;
}

/** Set when an attempt begins, and never changed. */
const BEGUN: ColumnTable<Attempt> = {
  id: ["bigint", (attempt) => attempt.id],
  payment_id: ["bigint", (attempt) => attempt.paymentId],
  act: ["text", (attempt) => attempt.act],
  amount: ["bigint", (attempt) => attempt.amountMinor],
  tax: ["bigint", (attempt) => attempt.taxMinor],
  keeps_rest: ["boolean", (attempt) => attempt.keepsRest],
  reason: ["text", (attempt) => attempt.reason],
  account_id: ["bigint", (attempt) => attempt.accountId],
  actor_id: ["text", (attempt) => attempt.actorId],
  asked_count: ["integer", (attempt) => attempt.askedCount],
};

const CHANGING: ColumnTable<Attempt> = {
  state: ["text", (attempt) => attempt.state],
  provider_reference: ["text", (attempt) => attempt.providerReference],
  failure_code: ["text", (attempt) => attempt.failureCode],
  failure_message: ["text", (attempt) => attempt.failureMessage],
  due_at: ["timestamptz", (attempt) => attempt.dueAt],
  settled_at: ["bigint", (attempt) => attempt.settledAt],
  attention_since: ["timestamptz", (attempt) => attempt.attentionSince],
  answered: ["boolean", (attempt) => attempt.isAnswered],
};

const ATTEMPT_COLUMNS = columnsOf<Attempt>({ ...BEGUN, ...CHANGING });
const CHANGING_COLUMNS = columnsOf<Attempt>(CHANGING);
const TABLE = tableOf("payments.attempts", ATTEMPT_COLUMNS, toAttempt);

/** All attempts of the payments, oldest first, locked, because the sending job may be claiming one. */
export async function lockAttemptsOf(
  { sql }: Tx,
  paymentIds: readonly number[],
): Promise<Map<number, Attempt[]>> {
  const ofPayments = sql`
    WHERE payment_id = ANY(${toArray(paymentIds)}::bigint[])
    ORDER BY id
    FOR NO KEY UPDATE`;
  return Map.groupBy(await TABLE.select(sql, ofPayments), ({ paymentId }) => paymentId);
}

/** Inserts new attempts and updates the changeable columns of known ones; this also ends a lease. */
export async function writeAttempts({ sql }: Tx, attempts: readonly Attempt[]): Promise<void> {
  await sql`
    INSERT INTO payments.attempts ${ATTEMPT_COLUMNS.rows(sql, attempts)}
    ON CONFLICT (id) DO UPDATE
    SET ${CHANGING_COLUMNS.assignments(sql, "excluded")}, leased_until = NULL`.execute();
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
    accountId: toId(row.account_id),
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

/** Claims attempts whose next call is due, so that no other process calls too. A new attempt counts as sent from here on. */
export async function claimDueAttempts(
  db: Sql,
  { now, leaseSeconds, limit }: { now: Date; leaseSeconds: number; limit: number },
): Promise<Attempt[]> {
  const at = now.toISOString();
  const rows = await db<AttemptRow[]>`
    UPDATE payments.attempts a
    SET asked_count = a.asked_count + 1,
        state = CASE a.state WHEN 'created' THEN 'sent' ELSE a.state END,
        leased_until = ${at}::timestamptz + make_interval(secs => ${leaseSeconds})
    FROM (
      SELECT id
      FROM payments.attempts
      WHERE due_at <= ${at} AND settled_at IS NULL AND (leased_until IS NULL OR leased_until < ${at})
      ORDER BY due_at
      LIMIT ${limit}
      FOR UPDATE SKIP LOCKED) AS due
    WHERE a.id = due.id
    RETURNING ${ATTEMPT_COLUMNS.names(db, "a")}`;
  return rows.map(toAttempt);
}

/** Ends the lease of an attempt whose call had no answer; does nothing where the attempt was settled meanwhile. */
export async function postponeAttempt(
  db: Sql,
  attempt: {
    id: number;
    state: AttemptState;
    dueAt: Date | null;
    attentionSince: Date | null;
    message: string;
  },
): Promise<void> {
  await db`
    UPDATE payments.attempts
    SET state = ${attempt.state}, due_at = ${attempt.dueAt}, leased_until = NULL,
        failure_message = ${attempt.message},
        attention_since = coalesce(attention_since, ${attempt.attentionSince})
    WHERE id = ${attempt.id} AND settled_at IS NULL`;
}

/** Of one payment, oldest first. */
export function selectAttempts(db: Sql | Tx["sql"], paymentId: number): Promise<Attempt[]> {
  return TABLE.select(db, db`WHERE payment_id = ${paymentId} ORDER BY id`);
}

export function selectAttemptsById({ sql }: Tx, ids: readonly number[]): Promise<Attempt[]> {
  return TABLE.select(sql, sql`WHERE id = ANY(${toArray(ids)}::bigint[])`);
}

/** Attempts that wait for a person, in the order of their ids. */
export function selectAttention(
  db: Sql,
  { afterId, limit }: { afterId: number; limit: number },
): Promise<Attempt[]> {
  const waiting = db`WHERE attention_since IS NOT NULL AND id > ${afterId} ORDER BY id LIMIT ${limit}`;
  return TABLE.select(db, waiting);
}

/** Attempts that wait for a person: how many there are, and since when the first waits. */
export async function selectAttentionAge(db: Sql): Promise<{ count: number; since: Date | null }> {
  const [row] = await db<[{ count: bigint; since: Date | null }]>`
    SELECT count(*) AS count, min(attention_since) AS since
    FROM payments.attempts
    WHERE attention_since IS NOT NULL`;
  return { count: Number(row.count), since: row.since };
}
