// `npm run bench`: starts its own server and PostgreSQL, loads them over HTTP from another process, measures the
// references on the same PostgreSQL in turns with it, checks the books after each slice, and prints one table.

import { describeMemory, describeSizes, describeStarts, type Figure, findRatios } from "./figures.ts";
import { measureInTurns } from "./measure.ts";
import { type BenchOptions, parseOptions } from "./options.ts";
import { buildReport, formatReport, type Report, type ReportParts } from "./report.ts";
import { measureAuthorization } from "./rows/authorization.ts";
import { measureBudget } from "./rows/budget.ts";
import { measureCatalogScale } from "./rows/catalog-scale.ts";
import { measureSizes } from "./rows/check-book.ts";
import { measureOwnHistory, measureScale, measureSoak } from "./rows/endurance.ts";
import { measureLogins } from "./rows/logins.ts";
import { measureMatching } from "./rows/matching-core.ts";
import { measureOrderScale } from "./rows/order-scale.ts";
import { measureLongOrder } from "./rows/orders.ts";
import { measureRestingOrders } from "./rows/resting-orders.ts";
import { prepareRows } from "./rows/rows.ts";
import { measureStarts } from "./rows/start-times.ts";
import { findBookTrouble } from "./server-process.ts";
import { openWorkbench, type Workbench } from "./workbench.ts";

const WARMUP_SECONDS = 1;

/**
 * Runs the bench and prints its report to stdout. Answers the exit code: 0 also where a target was missed, 1 when the
 * books do not agree or the bench could not be run to its end.
 */
export async function main(argv: readonly string[]): Promise<number> {
  const options = parseOptions(argv);
  try {
    const report = await runBench(options);
    console.log(options.json ? JSON.stringify(report, null, 2) : formatReport(report));
    return report.bookTrouble === undefined ? 0 : 1;
  } catch (error) {
    console.error(`bench: ${(error as Error).message}`);
    return 1;
  }
}

async function runBench(options: BenchOptions): Promise<Report> {
  const starts = isWanted(options, "start") ? await measureStartFigures(options) : [];
  const matching = isWanted(options, "matching") ? measureMatching() : [];
  const isResting = isWanted(options, "resting-orders") && (options.scale || options.only !== undefined);
  const resting = isResting ? await measureRestingOrders(printProgress) : [];
  const own = [...starts, ...matching, ...resting];
  if (OF_THEIR_OWN.has(options.only?.source ?? "")) return buildReport({ ...NOTHING, figures: own });
  printProgress("starting the server and opening accounts");
  const bench = await openWorkbench(options);
  for (const signal of ["SIGINT", "SIGTERM"])
    process.once(signal, () => bench.close().finally(() => process.exit(1)));
  try {
    const parts = await measureAll(bench, options);
    return buildReport({ ...parts, figures: [...parts.figures, ...own] });
  } finally {
    await bench.close();
  }
}

/** Rows that need no server, or bring their own. */
const OF_THEIR_OWN: ReadonlySet<string> = new Set(["start", "matching", "resting-orders"]);

const NOTHING: ReportParts = {
  postgres: "of its own",
  rounds: 0,
  seconds: 0,
  rows: [],
  samples: new Map(),
  figures: [],
  notes: [],
  bookTrouble: undefined,
};

async function measureAll(bench: Workbench, options: BenchOptions): Promise<ReportParts> {
  const { rounds, seconds } = options;
  const watch = { notes: [] as string[], onProgress: printProgress };
  const scale = options.scale && isWanted(options, "scale") ? await measureScale(bench, seconds, watch) : [];
  const token = isWanted(options, "authorization") ? await measureAuthorization(bench, watch) : [];
  const { rows, notes, productIds, close } = await prepareRows(bench, options.only);
  const onSlice = (done: number, of: number, label: string) => printProgress(`${done + 1}/${of} ${label}`);
  await measureInTurns(rows, { rounds: 1, seconds: WARMUP_SECONDS, onSlice });
  const samples = await measureInTurns(rows, { rounds, seconds, onSlice });
  await close();
  const memory = describeMemory(bench.memory.stop());
  const longOrder = productIds.length > 0 ? await measureLongOrder(bench, productIds) : [];
  const logins = isWanted(options, "logins") ? await measureLogins(bench, seconds, watch) : [];
  const isCatalogScale = options.scale && isWanted(options, "catalog-scale");
  const catalog = isCatalogScale ? await measureCatalogScale(bench, seconds, watch) : [];
  const isOrderScale = options.scale && isWanted(options, "order-scale");
  const orderScale = isOrderScale ? await measureOrderScale(bench, options, watch) : [];
  const isHistory = options.scale && isWanted(options, "history");
  const history = isHistory ? await measureOwnHistory(bench, seconds, watch) : [];
  const budget = options.budget ? await measureBudget(bench, seconds, watch) : [];
  const soak = options.soakMinutes > 0 ? await measureSoak(bench, options.soakMinutes, watch) : [];
  const figures = [
    ...findRatios(samples),
    ...token,
    ...describeSizes(await measureSizes(bench.sql)),
    ...longOrder,
    ...logins,
    ...memory,
    ...scale,
    ...catalog,
    ...orderScale,
    ...history,
    ...budget,
    ...soak,
  ];
  printProgress("verifying the books");
  const bookTrouble = await findBookTrouble(bench.serverOptions);
  return {
    postgres: await readVersion(bench),
    rounds,
    seconds,
    rows,
    samples,
    figures,
    notes: [...watch.notes, ...notes],
    bookTrouble,
  };
}

async function measureStartFigures({ startTries }: BenchOptions): Promise<Figure[]> {
  printProgress("starting in empty directories");
  return describeStarts(await measureStarts(startTries));
}

function isWanted({ only }: BenchOptions, id: string): boolean {
  return only === undefined || only.test(id);
}

async function readVersion({ sql }: Workbench): Promise<string> {
  const [row] = await sql<{ version: string }[]>`SELECT current_setting('server_version') AS version`;
  return row?.version ?? "unknown";
}

/** On stderr, so that stdout carries the report alone. */
function printProgress(text: string): void {
  console.error(`bench: ${text}`);
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
