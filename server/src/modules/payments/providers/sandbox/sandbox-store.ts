// The SQL of the sandbox's own memory: charges, refunds, answers by key, webhooks to deliver.
import type { Sql } from "../../../../runtime/database.ts";
import { columnsOf } from "../../../../runtime/row-columns.ts";
import type { Tx } from "../../../../runtime/transaction.ts";
import type { CaptureMode } from "../../payment.ts";

export interface SandboxCharge {
  readonly reference: string;
  readonly token: string;
  readonly amount: bigint;
  readonly currency: string;
  readonly captureMode: CaptureMode;
  readonly status: "requires_action" | "processing" | "authorized" | "captured" | "voided" | "failed";
  readonly authorized: bigint;
  readonly captured: bigint;
  readonly failureCode: string | null;
  /** JSON text: the caller gets it back with every report about the charge. */
  readonly metadata: string;
}

export interface SandboxRefund {
  readonly reference: string;
  readonly chargeReference: string;
  readonly amount: bigint;
  readonly status: "pending" | "succeeded" | "failed";
  readonly metadata: string;
}

/** The answer stored for a key; null where the key is now taken and has none yet. A second caller waits for the first. */
export async function takeKey({ sql }: Tx, key: string): Promise<string | null> {
  const taken =
    await sql`INSERT INTO payments.sandbox_calls (key, answer) VALUES (${key}, '') ON CONFLICT DO NOTHING`;
  if (taken.count > 0) return null;
  const [row] = await sql<
    { answer: string }[]
  >`SELECT answer FROM payments.sandbox_calls WHERE key = ${key} FOR UPDATE`;
  return row?.answer ?? null;
}

export async function keepAnswer({ sql }: Tx, key: string, answer: string): Promise<void> {
  await sql`UPDATE payments.sandbox_calls SET answer = ${answer} WHERE key = ${key}`;
}

const CHARGE_COLUMNS = columnsOf<SandboxCharge>({
  reference: ["text", (charge) => charge.reference],
  token: ["text", (charge) => charge.token],
  amount: ["bigint", (charge) => charge.amount],
  currency: ["text", (charge) => charge.currency],
  capture_mode: ["text", (charge) => charge.captureMode],
  status: ["text", (charge) => charge.status],
  authorized: ["bigint", (charge) => charge.authorized],
  captured: ["bigint", (charge) => charge.captured],
  failure_code: ["text", (charge) => charge.failureCode],
  metadata: ["text", (charge) => charge.metadata],
});

export async function writeCharge({ sql }: Tx, charge: SandboxCharge): Promise<void> {
  await sql`
    INSERT INTO payments.sandbox_charges ${CHARGE_COLUMNS.rows(sql, [charge])}
    ON CONFLICT (reference) DO UPDATE
    SET status = excluded.status, authorized = excluded.authorized, captured = excluded.captured,
        failure_code = excluded.failure_code`;
}

interface ChargeRow {
  reference: string;
  token: string;
  amount: bigint;
  currency: string;
  capture_mode: CaptureMode;
  status: SandboxCharge["status"];
  authorized: bigint;
  captured: bigint;
  failure_code: string | null;
  metadata: string;
}

function toCharge({ capture_mode, failure_code, ...row }: ChargeRow): SandboxCharge {
  return { ...row, captureMode: capture_mode, failureCode: failure_code };
}

export async function lockCharge({ sql }: Tx, reference: string): Promise<SandboxCharge | undefined> {
  const rows = await sql<ChargeRow[]>`
    SELECT ${CHARGE_COLUMNS.names(sql)}
    FROM payments.sandbox_charges
    WHERE reference = ${reference}
    FOR UPDATE`;
  return rows.map(toCharge)[0];
}

export async function selectCharges(
  db: Sql,
): Promise<(SandboxCharge & { refunded: bigint; createdAt: Date })[]> {
  const rows = await db<(ChargeRow & { refunded: bigint; created_at: Date })[]>`
    SELECT ${CHARGE_COLUMNS.names(db, "c")}, c.created_at,
      coalesce((
        SELECT sum(amount)
        FROM payments.sandbox_refunds r
        WHERE r.charge_reference = c.reference AND r.status = 'succeeded'), 0)::bigint AS refunded
    FROM payments.sandbox_charges c
    ORDER BY c.created_at`;
  return rows.map(({ created_at, ...row }) => ({
    ...toCharge(row),
    refunded: row.refunded,
    createdAt: created_at,
  }));
}

const REFUND_COLUMNS = columnsOf<SandboxRefund>({
  reference: ["text", (refund) => refund.reference],
  charge_reference: ["text", (refund) => refund.chargeReference],
  amount: ["bigint", (refund) => refund.amount],
  status: ["text", (refund) => refund.status],
  metadata: ["text", (refund) => refund.metadata],
});

export async function writeRefund({ sql }: Tx, refund: SandboxRefund): Promise<void> {
  await sql`
    INSERT INTO payments.sandbox_refunds ${REFUND_COLUMNS.rows(sql, [refund])}
    ON CONFLICT (reference) DO UPDATE
    SET status = excluded.status`;
}

/** Refunds of a charge; they are covered by the charge's lock. */
export async function selectRefundsOf({ sql }: Tx, chargeReference: string): Promise<SandboxRefund[]> {
  const rows = await sql<(Omit<SandboxRefund, "chargeReference"> & { charge_reference: string })[]>`
    SELECT ${REFUND_COLUMNS.names(sql)}
    FROM payments.sandbox_refunds
    WHERE charge_reference = ${chargeReference}`;
  return rows.map(({ charge_reference, ...row }) => ({ ...row, chargeReference: charge_reference }));
}

export async function insertWebhook(
  { sql }: Tx,
  webhook: { body: string; copies: number; delayMs: number },
): Promise<void> {
  await sql`
    INSERT INTO payments.sandbox_webhooks (body, copies, deliver_at)
    VALUES (${webhook.body}, ${webhook.copies},
            clock_timestamp() + make_interval(secs => ${webhook.delayMs / 1_000}))`;
}

export interface DueWebhook {
  readonly id: number;
  readonly body: string;
  readonly copies: number;
}

/** Claims the due webhooks, oldest first; one that is not deleted comes again after its pause. */
export async function claimDueWebhooks(db: Sql, limit: number): Promise<DueWebhook[]> {
  const rows = await db<{ id: bigint; body: string; copies: number; deliver_at: Date }[]>`
    UPDATE payments.sandbox_webhooks w
    SET tries = w.tries + 1,
        deliver_at = clock_timestamp() + make_interval(secs => least(power(2, w.tries), 300))
    FROM (
      SELECT id, deliver_at AS was
      FROM payments.sandbox_webhooks
      WHERE deliver_at <= clock_timestamp()
      ORDER BY deliver_at, id
      LIMIT ${limit}
      FOR UPDATE SKIP LOCKED) AS due
    WHERE w.id = due.id
    RETURNING w.id, w.body, w.copies, due.was AS deliver_at`;
  return rows
    .toSorted((a, b) => a.deliver_at.getTime() - b.deliver_at.getTime() || Number(a.id - b.id))
    .map(({ id, body, copies }) => ({ id: Number(id), body, copies }));
}

export async function deleteWebhook(db: Sql, id: number): Promise<void> {
  await db`DELETE FROM payments.sandbox_webhooks WHERE id = ${id}`;
}

export async function selectSecret(db: Sql): Promise<string> {
  const [row] = await db<[{ secret: string }]>`SELECT secret FROM payments.sandbox_secrets`;
  return row.secret;
}
