// The gauges of /metrics that ask the database: whether the book is in balance, what waits in the outbox, who is connected.
import type { Metrics } from "../http/metrics.ts";
import { countWaiting } from "../modules/jobs/index.ts";
import { getImbalance } from "../modules/ledger/index.ts";
import { measureWaits } from "../modules/payments/index.ts";
import { findLatestCheck, INTEGRITY_KINDS } from "../modules/reports/index.ts";
import { countConnections } from "../runtime/count-connections.ts";
import type { Sql } from "../runtime/database.ts";

/** Proving the balance reads every account; once a minute is soon enough to be woken by it. */
const IMBALANCE_INTERVAL_MS = 60_000;
const INTERVAL_MS = 5_000;

export interface GaugeSources {
  readonly db: Sql;
  readonly poolSize: number;
  readonly isAuditFailing: () => boolean;
}

export function addGauges(metrics: Metrics, { db, poolSize, isAuditFailing }: GaugeSources): void {
  metrics.addGauge(
    "audit_sequencer_failing",
    "1 where this process cannot extend the chain of the audit trail: entries wait; 0 else",
    () => Number(isAuditFailing()),
  );
  const imbalance = atMostEvery(IMBALANCE_INTERVAL_MS, async () => Number(await getImbalance(db)));
  const waiting = atMostEvery(INTERVAL_MS, () => countWaiting(db));
  const connections = atMostEvery(INTERVAL_MS, () => countConnections(db));
  metrics.addGauge(
    "ledger_imbalance",
    "Difference of debits and credits over all assets, in minor units; anything but 0 is an error in the book",
    orNaN(imbalance),
  );
  metrics.addLabelledGauge({
    name: "integrity_differences",
    help: "Differences that the newest check of the whole found, by kind; NaN before the first; anything but 0 is an error",
    label: "kind",
    read: atMostEvery(INTERVAL_MS, () => readDifferences(db)),
  });
  const waits = atMostEvery(INTERVAL_MS, () => measureWaits(db));
  metrics.addGauge(
    "payments_attention",
    "Payment attempts that wait for a person",
    orNaN(async () => (await waits()).attentionCount),
  );
  metrics.addGauge(
    "payments_attention_oldest_seconds",
    "How long the first payment attempt has waited for a person; 0 where none waits",
    orNaN(async () => (await waits()).attentionSeconds),
  );
  metrics.addGauge(
    "webhooks_oldest_seconds",
    "How long the oldest webhook of a payment provider has waited to be applied; 0 where none waits",
    orNaN(async () => (await waits()).webhookSeconds),
  );
  metrics.addGauge("outbox_waiting", "Events not delivered yet", orNaN(waiting));
  metrics.addGauge(
    "db_pool_size",
    "Most connections that this process opens for reads and single commands",
    () => poolSize,
  );
  metrics.addGauge(
    "db_connections",
    "Connections of all processes to the database",
    orNaN(async () => (await connections()).open),
  );
  metrics.addGauge(
    "db_connections_active",
    "Connections of all processes that run a statement or hold a transaction open",
    orNaN(async () => (await connections()).active),
  );
}

async function readDifferences(db: Sql): Promise<Record<string, number>> {
  const latest = await findLatestCheck(db).catch(() => undefined);
  return Object.fromEntries(
    INTEGRITY_KINDS.map((kind) => [kind, latest?.findings[kind]?.length ?? Number.NaN]),
  );
}

/** Where the database does not answer there is no number; the scrape still tells the rest. */
function orNaN(read: () => Promise<number>): () => Promise<number> {
  return () => read().catch(() => Number.NaN);
}

/** Remembers what `read` gave for `intervalMs`, however often it is asked: so scraping has a bounded price. A failure is not remembered. */
export function atMostEvery<T>(
  intervalMs: number,
  read: () => Promise<T>,
  now: () => number = () => performance.now(),
): () => Promise<T> {
  let value: Promise<T> | undefined;
  let readAtMs = 0;
  return () => {
    if (value === undefined || now() - readAtMs >= intervalMs) {
      readAtMs = now();
      value = read();
      value.catch(() => {
        value = undefined;
      });
    }
    return value;
  };
}
