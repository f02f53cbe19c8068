// The gauges of /metrics: those of all modules, and who is connected to the database.
import type { Metrics } from "../http/operations/metrics.ts";
import type { ModuleGauge } from "../modules/module.ts";
import { countConnections } from "../runtime/count-connections.ts";
import type { Sql } from "../runtime/database.ts";

const EVERY_MS = 5_000;

export function addGauges(metrics: Metrics, gauges: readonly ModuleGauge[]): void {
  for (const { name, help, label, read, everyMs = EVERY_MS } of gauges) {
    const remembered = atMostEvery(everyMs, async () => read());
    if (label === undefined) metrics.addGauge(name, help, orNaN(remembered as () => Promise<number>));
    else
      metrics.addLabelledGauge({
        name,
        help,
        label,
        read: remembered as () => Promise<Readonly<Record<string, number>>>,
      });
  }
}

export function listDatabaseGauges(db: Sql, poolSize: number): ModuleGauge[] {
  const connections = atMostEvery(EVERY_MS, () => countConnections(db));
  return [
    {
      name: "db_pool_size",
      help: "Most connections that this process opens for reads and single commands",
      read: () => poolSize,
    },
    {
      name: "db_connections",
      help: "Connections of all processes to the database",
      read: async () => (await connections()).open,
    },
    {
      name: "db_connections_active",
      help: "Connections of all processes that run a statement or hold a transaction open",
      read: async () => (await connections()).active,
    },
  ];
}

/** If the database does not answer, there is no number; the scrape still reports the rest. */
function orNaN(read: () => Promise<number>): () => Promise<number> {
  return () => read().catch(() => Number.NaN);
}

/** Caches the result of `read` for `intervalMs`, so frequent scraping has a bounded cost. A failure is not cached. */
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
