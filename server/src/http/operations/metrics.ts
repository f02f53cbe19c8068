// The metrics of /metrics: rate, errors and duration per route, batches, commits, transactions, pool and event loop.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

export interface Metrics {
  readonly registry: Registry;
  readonly observeRequest: (request: {
    method: string;
    route: string;
    status: number;
    seconds: number;
  }) => void;
  readonly observeBatch: (batch: { inputs: number; durationMs: number; waiting: number }) => void;
  /** A batch was decided `ahead` from remembered data, under `locks`, or in vain because the data was `stale`. */
  readonly countDecided: (way: string) => void;
  readonly countTransaction: (transaction: { type: string; status: string }) => void;
  readonly countEvents: (events: { delivered: number; failed: number; dead: number }) => void;
  /** A connection was closed because its own, or all connections', data was left unread or half sent. */
  readonly countDropped: (reason: Dropped) => void;
  /** Adds a gauge that asks for its value when scraped. */
  readonly addGauge: (name: string, help: string, read: () => number | Promise<number>) => void;
  /** One value for each value of a label. */
  readonly addLabelledGauge: (gauge: LabelledGauge) => void;
}

export const DROPPED = ["stalled", "unread", "pipelined", "bodies"] as const;
export type Dropped = (typeof DROPPED)[number];

export interface LabelledGauge {
  readonly name: string;
  readonly help: string;
  readonly label: string;
  readonly read: () => Promise<Readonly<Record<string, number>>>;
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 10 });
  const duration = new Histogram({
    name: "http_request_duration_seconds",
    help: "Duration of HTTP requests by method, route and status",
    labelNames: ["method", "route", "status"],
    buckets: SECONDS,
    registers: [registry],
  });
  const batchSize = new Histogram({
    name: "group_commit_batch_size",
    help: "Commands committed together",
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024],
    registers: [registry],
  });
  const commitTime = new Histogram({
    name: "group_commit_duration_seconds",
    help: "Time from taking a batch to its commit",
    buckets: SECONDS,
    registers: [registry],
  });
  const queueDepth = new Gauge({
    name: "group_commit_queue_depth",
    help: "Commands waiting when the last batch was done",
    registers: [registry],
  });
  const transactions = new Counter({
    name: "transactions_total",
    help: "Transactions by type and status",
    labelNames: ["type", "status"],
    registers: [registry],
  });
  const children = new Map<string, { observe: (seconds: number) => void }>();

  function observeRequest(request: Parameters<Metrics["observeRequest"]>[0]): void {
    const { method, route, status, seconds } = request;
    const name = `${method} ${route} ${status}`;
    let child = children.get(name);
    if (child === undefined) {
      child = duration.labels(method, route, String(status));
      children.set(name, child);
    }
    child.observe(seconds);
  }

  return {
    registry,
    observeRequest,
    observeBatch: ({ inputs, durationMs, waiting }) => {
      batchSize.observe(inputs);
      commitTime.observe(durationMs / 1000);
      queueDepth.set(waiting);
    },
    countDecided: createDecidedCounter(registry),
    countTransaction: ({ type, status }) => transactions.inc({ type, status }),
    countEvents: createEventCounters(registry),
    countDropped: createDropCounter(registry),
    addGauge: (name, help, read) => addGauge(registry, { name, help, read }),
    addLabelledGauge: (gauge) => addLabelledGauge(registry, gauge),
  };
}

function createDecidedCounter(registry: Registry): Metrics["countDecided"] {
  const decided = new Counter({
    name: "group_commit_decided_total",
    help: "Batches decided ahead, under locks, or in vain on stale accounts",
    labelNames: ["way"],
    registers: [registry],
  });
  return (way) => decided.inc({ way });
}

function createDropCounter(registry: Registry): Metrics["countDropped"] {
  const dropped = new Counter({
    name: "http_connections_dropped_total",
    help: "Connections closed: no byte of an answer taken in time; most unread, most requests waiting, or largest half-sent body when all together were too much",
    labelNames: ["reason"],
    registers: [registry],
  });
  for (const reason of DROPPED) dropped.inc({ reason }, 0);
  return (reason) => dropped.inc({ reason });
}

function createEventCounters(registry: Registry): Metrics["countEvents"] {
  const registers = [registry];
  const delivered = new Counter({
    name: "events_delivered_total",
    help: "Events that subscribers took",
    registers,
  });
  const failed = new Counter({ name: "events_failed_total", help: "Deliveries that failed", registers });
  const dead = new Counter({
    name: "events_dead_total",
    help: "Events given up after eight attempts",
    registers,
  });
  return (events) => {
    delivered.inc(events.delivered);
    failed.inc(events.failed);
    dead.inc(events.dead);
  };
}

function addGauge(
  registry: Registry,
  { name, help, read }: { name: string; help: string; read: () => number | Promise<number> },
): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    async collect(this: Gauge) {
      this.set(await read());
    },
  });
}

function addLabelledGauge(registry: Registry, { name, help, label, read }: LabelledGauge): void {
  new Gauge({
    name,
    help,
    labelNames: [label],
    registers: [registry],
    async collect(this: Gauge) {
      for (const [value, number] of Object.entries(await read())) this.set({ [label]: value }, number);
    },
  });
}
