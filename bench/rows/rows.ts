// The rows of the table, in the order in which a round measures them: references stand between the rows they are
// compared with.
import { setTimeout as sleep } from "node:timers/promises";
import type { LoadResult } from "../load/run-load.ts";
import { BATCH_LENGTH } from "../load/traffic.ts";
import type { LoadRequest } from "../load.ts";
import type { Row, Sample } from "../measure.ts";
import { type ProcessorTime, readProcessorTime } from "../processor-time.ts";
import { fillPgbench, findPgbenchTrouble, measurePgbench } from "../reference/pgbench.ts";
import {
  createReferenceLedger,
  type History,
  measureProcedure,
  type ReferenceLedger,
} from "../reference/stored-procedure.ts";
import { startServer } from "../server-process.ts";
import type { Workbench } from "../workbench.ts";
import { addProducts, makePaths, type Visit } from "./catalog.ts";
import { checkBook, countWaiting, markBook } from "./check-book.ts";
import { addOrderProducts, listOwn, type Own, type Purchase, shapeOrders } from "./orders.ts";

export const PGBENCH_CROWD = ["pgbench-8", "pgbench-16", "pgbench-32"] as const;
const PGBENCH_SCALE = 20;
const REFERENCE_ACCOUNTS = 100_000;
const PRODUCTS = 1_000;
const STUCK_MS = 5_000;

type LoadShape = Pick<
  LoadRequest,
  "traffic" | "spread" | "inFlight" | "paths" | "withToken" | "orders" | "secondPort"
>;
type RowPlan = { readonly id: string; readonly label: string } & (
  | { readonly load: LoadShape; readonly second?: Second }
  | { readonly visit: Visit }
  | { readonly own: Own }
  | { readonly purchase: Purchase }
  | { readonly clients: number }
  | { readonly procedure: History }
);

/** Another server process on the database: it shares the load with the first, or takes all of it and knows no account yet. */
type Second = "beside" | "instead";

const transfers = (spread: LoadShape["spread"], inFlight: number): LoadShape => ({
  traffic: "transfers",
  spread,
  inFlight,
});

const PLANS: readonly RowPlan[] = [
  { id: "pgbench-1", label: "reference: pgbench TPC-B, 1 client", clients: 1 },
  { id: "uniform-1", label: "transfers, uniform, 1 in flight", load: transfers("uniform", 1) },
  { id: "uniform-16", label: "transfers, uniform, 16 in flight", load: transfers("uniform", 16) },
  { id: "uniform-64", label: "transfers, uniform, 64 in flight", load: transfers("uniform", 64) },
  { id: "pgbench-8", label: "reference: pgbench TPC-B, 8 clients", clients: 8 },
  { id: "uniform-256", label: "transfers, uniform, 256 in flight", load: transfers("uniform", 256) },
  {
    id: "two-servers-256",
    label: "transfers, uniform, 256 in flight, two server processes",
    load: transfers("uniform", 256),
    second: "beside",
  },
  {
    id: "cold-256",
    label: "transfers, uniform, 256 in flight, of a process that knows no account yet",
    load: transfers("uniform", 256),
    second: "instead",
  },
  {
    id: "stream-256",
    label: "transfers on 64 streams, uniform, 256 under way",
    load: { traffic: "stream", spread: "uniform", inFlight: 256 },
  },
  { id: "hot-256", label: "transfers, one hot account, 256 in flight", load: transfers("hot", 256) },
  { id: "procedure-256", label: "reference: stored procedure, Zipf, 256 in flight", procedure: "each" },
  { id: "zipf-256", label: "transfers, Zipf 1.0, 256 in flight", load: transfers("zipf", 256) },
  {
    id: "procedure-plus-256",
    label: "reference: the same, history inserted per batch",
    procedure: "at_once",
  },
  { id: "ten-256", label: "transfers, ten accounts, 256 in flight", load: transfers("ten", 256) },
  { id: "pgbench-16", label: "reference: pgbench TPC-B, 16 clients", clients: 16 },
  { id: "uniform-512", label: "transfers, uniform, 512 in flight", load: transfers("uniform", 512) },
  { id: "orders-256", label: "orders of one line, 10,000 products, 256 in flight", purchase: { lines: 1 } },
  {
    id: "flash-256",
    label: "orders of one line, one product, 256 in flight",
    purchase: { lines: 1, isFlash: true },
  },
  { id: "orders-five-256", label: "orders of five lines, 256 in flight", purchase: { lines: 5 } },
  {
    id: "shop-256",
    label: "orders of one line among reads (80 %), 256 in flight",
    purchase: { lines: 1, readsOfTen: 8 },
  },
  {
    id: "batch-4",
    label: "batches of 1,000 transfers, 4 in flight",
    load: { traffic: "batches", spread: "uniform", inFlight: 4 },
  },
  { id: "pgbench-32", label: "reference: pgbench TPC-B, 32 clients", clients: 32 },
  {
    id: "health-64",
    label: "bare GET /health, 64 in flight",
    load: { traffic: "health", spread: "uniform", inFlight: 64 },
  },
  { id: "products-16", label: "product list, 20 of 1,000, 16 connections", visit: "list" },
  {
    id: "health-16",
    label: "bare GET /health, 16 connections",
    load: { traffic: "health", spread: "uniform", inFlight: 16 },
  },
  { id: "search-16", label: "product search, 16 connections", visit: "searches" },
  { id: "product-16", label: "product by its id, 16 connections", visit: "reads" },
  { id: "balance-16", label: "balance of an account, 16 connections", own: "balance" },
  { id: "order-16", label: "order by its id, 16 connections", own: "order" },
];

export interface RowSet {
  readonly rows: readonly Row[];
  /** What orders buy; empty where no row orders. */
  readonly productIds: readonly number[];
  /** What was left out, and answers that were not as they should be. */
  readonly notes: string[];
  readonly close: () => Promise<void>;
}

/** Plans whose id matches `only` (all without it), made ready to run: databases filled, functions created. */
export async function prepareRows(bench: Workbench, only: RegExp | undefined): Promise<RowSet> {
  const notes: string[] = [];
  const wanted = PLANS.filter((plan) => only === undefined || only.test(plan.id));
  const needs = (kind: string) => wanted.some((plan) => kind in plan);
  const pgbenchUrl = needs("clients") ? await preparePgbench(bench, notes) : undefined;
  const ledger = needs("procedure") ? await prepareProcedure(bench) : undefined;
  if (needs("visit")) await addProducts(bench, 0, PRODUCTS);
  const productIds = needs("purchase") || needs("own") ? await addOrderProducts(bench) : [];
  const own = needs("own") ? await listOwn(bench, productIds) : undefined;
  const rows = wanted.flatMap((plan) => {
    const measure = chooseMeasure(plan, { bench, notes, pgbenchUrl, ledger, productIds, own });
    return measure === undefined ? [] : [{ id: plan.id, label: plan.label, measure }];
  });
  return { rows, productIds, notes, close: async () => ledger?.sql.end({ timeout: 5 }) };
}

async function preparePgbench(bench: Workbench, notes: string[]): Promise<string | undefined> {
  const trouble = await findPgbenchTrouble();
  if (trouble !== undefined) {
    notes.push(`rows of pgbench skipped: ${trouble}`);
    return undefined;
  }
  const url = await bench.createDatabase("bench_pgbench");
  await fillPgbench(url, PGBENCH_SCALE);
  await bench.sql`CHECKPOINT`;
  return url;
}

async function prepareProcedure(bench: Workbench): Promise<ReferenceLedger> {
  return createReferenceLedger(await bench.createDatabase("bench_reference"), REFERENCE_ACCOUNTS);
}

interface Means {
  readonly bench: Workbench;
  readonly notes: string[];
  readonly pgbenchUrl: string | undefined;
  readonly ledger: ReferenceLedger | undefined;
  readonly productIds: readonly number[];
  readonly own: Readonly<Record<Own, readonly string[]>> | undefined;
}

function chooseMeasure(
  plan: RowPlan,
  { bench, notes, pgbenchUrl, ledger, productIds, own }: Means,
): Row["measure"] | undefined {
  if ("load" in plan) {
    const { second } = plan;
    if (second !== undefined)
      return (seconds) => measureSecond(bench, { ...plan, second }, { seconds, notes });
    return (seconds) => measureLoad(bench, plan, { seconds, notes });
  }
  if ("visit" in plan) {
    const load = shapeVisit(plan.visit, { products: PRODUCTS, inFlight: 16 });
    return (seconds) => measureLoad(bench, { id: plan.id, load }, { seconds, notes });
  }
  if ("own" in plan) {
    const paths = own?.[plan.own] ?? [];
    const load = { traffic: "reads", spread: "uniform", inFlight: 16, paths, withToken: true } as const;
    return (seconds) => measureLoad(bench, { id: plan.id, load }, { seconds, notes });
  }
  if ("purchase" in plan) {
    const orders = shapeOrders(plan.purchase, productIds);
    const load = { traffic: "orders", spread: "uniform", inFlight: 256, orders } as const;
    return (seconds) => measureLoad(bench, { id: plan.id, load }, { seconds, notes });
  }
  if ("clients" in plan)
    return pgbenchUrl === undefined
      ? undefined
      : (seconds) => measurePgbench(pgbenchUrl, plan.clients, seconds);
  return ledger === undefined
    ? undefined
    : (seconds) => measureProcedure(ledger, plan.procedure, { inFlight: 256, seconds });
}

export function shapeVisit(
  visit: Visit,
  { products, inFlight }: { readonly products: number; readonly inFlight: number },
): LoadShape {
  return { traffic: "reads", spread: "uniform", inFlight, paths: makePaths(visit, products) };
}

/** The same with another server process, whose processor time is not in the figures where it only helps. */
async function measureSecond(
  bench: Workbench,
  plan: { readonly id: string; readonly load: LoadShape; readonly second: Second },
  options: { seconds: number; notes: string[] },
): Promise<Sample> {
  const second = await startServer(bench.serverOptions);
  try {
    const secondPort = second.port;
    return plan.second === "instead"
      ? await measureLoad({ ...bench, server: second }, plan, options)
      : await measureLoad(bench, { ...plan, load: { ...plan.load, secondPort } }, options);
  } finally {
    await second.stop();
  }
}

/** One slice of load on the server, checked against its tables. @throws Error when written and acknowledged differ. */
export async function measureLoad(
  bench: Workbench,
  plan: { readonly id: string; readonly load: LoadShape },
  { seconds, notes }: { seconds: number; notes: string[] },
): Promise<Sample> {
  const mark = await markBook(bench.sql);
  const warmupSeconds = Math.min(1, seconds / 4);
  const before = await readProcessorTime(bench.server.pid, bench.sql);
  const result = await bench.load.run({ ...plan.load, port: bench.server.port, warmupSeconds, seconds });
  await awaitQuiet(bench, notes);
  const after = await readProcessorTime(bench.server.pid, bench.sql);
  await checkBook(bench.sql, mark, {
    transfers: result.acceptedTransfers,
    amountMinor: result.acceptedMinor,
    orders: result.acceptedOrders,
  });
  noteFailures(plan, result, notes);
  const perSecond = result.requestsPerSecond * (plan.load.traffic === "batches" ? BATCH_LENGTH : 1);
  const share = (key: keyof ProcessorTime): number | undefined =>
    before && after && ((after[key] - before[key]) * 1_000) / (perSecond * (warmupSeconds + seconds));
  return {
    perSecond,
    p50Ms: result.p50Ms,
    p99Ms: result.p99Ms,
    serverUs: share("serverMs"),
    postgresUs: share("postgresMs"),
    clientUs: result.cpuMicros,
  };
}

function noteFailures(
  plan: { readonly id: string; readonly load: LoadShape },
  result: LoadResult,
  notes: string[],
): void {
  if (result.firstFailure === undefined) return;
  notes.push(
    `${plan.id}: statuses ${JSON.stringify(result.statuses)}, the first failure: ${result.firstFailure}`,
  );
}

/**
 * Events are relayed and the trail is chained a little after their transfers: that is part of what a transfer costs, and must not
 * run during somebody else's slice.
 */
async function awaitQuiet({ sql }: Workbench, notes: string[]): Promise<void> {
  let left = await countWaiting(sql);
  let shrankAt = performance.now();
  while (left > 0) {
    await sleep(100);
    const count = await countWaiting(sql);
    if (count < left) shrankAt = performance.now();
    left = count;
    if (performance.now() - shrankAt < STUCK_MS) continue;
    const stuck =
      "outbox or trail do not empty: the relay or the sequencer does not run, and its cost is missing from every figure";
    if (!notes.includes(stuck)) notes.push(stuck);
    return;
  }
}
