// The SQL of checkpoints and of the keys that signed them.
import type { Sql } from "../../../runtime/database.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import { LOGS, type LogName, toHex } from "./log-store.ts";

const CHECKPOINT_LOCK = 0x43484543; // "CHEC"

/** Locks until the end of the transaction: only one process at a time extends the log of transfers and signs. */
export async function lockCheckpoints({ sql }: Tx): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(${CHECKPOINT_LOCK})`;
}

export interface StoredCheckpoint {
  readonly size: number;
  readonly root: Buffer;
  readonly note: string;
}

interface CheckpointRow {
  size: bigint;
  root: Buffer;
  note: string;
}

const toCheckpoint = ({ size, root, note }: CheckpointRow): StoredCheckpoint => ({
  size: Number(size),
  root,
  note,
});

export async function selectLatestCheckpoint(
  sql: Sql | Tx["sql"],
  log: LogName,
): Promise<StoredCheckpoint | undefined> {
  const [row] = await sql<CheckpointRow[]>`
    SELECT size, root, note
    FROM audit.checkpoints
    WHERE log = ${LOGS[log]}
    ORDER BY size DESC
    LIMIT 1`;
  return row === undefined ? undefined : toCheckpoint(row);
}

export async function selectCheckpointOf(
  db: Sql,
  log: LogName,
  size: number,
): Promise<StoredCheckpoint | undefined> {
  const [row] = await db<CheckpointRow[]>`
    SELECT size, root, note FROM audit.checkpoints WHERE log = ${LOGS[log]} AND size = ${size}`;
  return row === undefined ? undefined : toCheckpoint(row);
}

/** All checkpoints of a log, smallest first. */
export async function selectCheckpoints(sql: Sql | Tx["sql"], log: LogName): Promise<StoredCheckpoint[]> {
  const rows = await sql<CheckpointRow[]>`
    SELECT size, root, note
    FROM audit.checkpoints
    WHERE log = ${LOGS[log]}
    ORDER BY size`;
  return rows.map(toCheckpoint);
}

export async function insertCheckpoint(
  { sql }: Tx,
  log: LogName,
  { checkpoint, verifierKey }: { checkpoint: StoredCheckpoint; verifierKey: string },
): Promise<void> {
  await sql`INSERT INTO audit.signing_keys (verifier_key) VALUES (${verifierKey}) ON CONFLICT DO NOTHING`;
  await sql`
    INSERT INTO audit.checkpoints (log, size, root, note)
    VALUES (${LOGS[log]}, ${checkpoint.size}, ${toHex(checkpoint.root)}::text::bytea, ${checkpoint.note})`;
}

export async function selectVerifierKeys(sql: Sql | Tx["sql"]): Promise<string[]> {
  const rows = await sql<
    { verifier_key: string }[]
  >`SELECT verifier_key FROM audit.signing_keys ORDER BY first_used_at`;
  return rows.map((row) => row.verifier_key);
}
