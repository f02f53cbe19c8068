// The long measurements: does it stay as fast with ten million transfers in it, and does its memory stay flat?

import { describeMemory, type Figure } from "../figures.ts";
import { BATCH_LENGTH } from "../load/traffic.ts";
import { findMedian } from "../measure.ts";
import { setUpAccounts } from "../setup-accounts.ts";
import type { Workbench } from "../workbench.ts";
import { checkBook, markBook } from "./check-book.ts";
import { watchMemory } from "./memory.ts";
import { measureLoad } from "./rows.ts";

const FULL = { accounts: 1_000_000, transfers: 10_000_000 };
const TRANSFERS_OWN = 1_000_000;
const SLICE_SECONDS = { fill: 20, soak: 20 };
const SLOPE_FLAT_MB_PER_MINUTE = 2;
const HOT_PLAN = { id: "hot-256", load: { traffic: "transfers", spread: "hot", inFlight: 256 } } as const;
const PLAN = { id: "uniform-256", load: { traffic: "transfers", spread: "uniform", inFlight: 256 } } as const;

export interface Watch {
  readonly notes: string[];
  readonly onProgress: (text: string) => void;
}

/** Measures the system nearly empty, fills it through the batch endpoint, and measures it full. Call it first. */
export async function measureScale(bench: Workbench, seconds: number, watch: Watch): Promise<Figure[]> {
  const empty = await measureRate(bench, { seconds }, watch);
  watch.onProgress("scale: opening accounts");
  const api = { port: bench.server.port, jwtSecret: bench.serverOptions.jwtSecret };
  const accounts = await setUpAccounts(api, FULL.accounts - bench.accounts.ids.length, bench.accounts.ids);
  bench.load.useAccounts(accounts);
  await fill(bench, watch, { spread: "uniform", transfers: FULL.transfers });
  await bench.sql`CHECKPOINT`;
  const full = await measureRate(bench, { seconds }, watch);
  return [
    { label: "uniform, 256 in flight, empty system", value: empty, unit: "/s" },
    { label: "the same with 1,000,000 accounts and 10,000,000 transfers", value: full, unit: "/s" },
    { label: "empty / full", value: empty / full, unit: "×", target: { atMost: 1.5 } },
  ];
}

/** One account before and after a million transfers of its own: what it has done must not weigh on what it does. */
export async function measureOwnHistory(bench: Workbench, seconds: number, watch: Watch): Promise<Figure[]> {
  const young = await measureRate(bench, { seconds, plan: HOT_PLAN }, watch);
  await fill(bench, watch, { spread: "hot", transfers: TRANSFERS_OWN + (await countTransfers(bench)) });
  const old = await measureRate(bench, { seconds, plan: HOT_PLAN }, watch);
  return [
    { label: "one hot account, 256 in flight", value: young, unit: "/s" },
    { label: "the same after 1,000,000 transfers of its own", value: old, unit: "/s" },
    { label: "before / after its own history", value: young / old, unit: "×", target: { atMost: 1.1 } },
  ];
}

async function measureRate(
  bench: Workbench,
  { seconds, plan = PLAN }: { seconds: number; plan?: typeof PLAN | typeof HOT_PLAN },
  { notes }: Watch,
): Promise<number> {
  const rates: number[] = [];
  for (let round = 0; round < 5; round++)
    rates.push((await measureLoad(bench, plan, { seconds, notes })).perSecond);
  return findMedian(rates) ?? 0;
}

async function fill(
  bench: Workbench,
  watch: Watch,
  { spread, transfers }: { spread: "uniform" | "hot"; transfers: number },
): Promise<void> {
  for (let written = await countTransfers(bench); written < transfers; ) {
    watch.onProgress(
      `scale: ${written.toLocaleString("en-US")} transfers of ${transfers.toLocaleString("en-US")}`,
    );
    const mark = await markBook(bench.sql);
    const load = { traffic: "batches", spread, inFlight: 4, port: bench.server.port } as const;
    const { acceptedTransfers, acceptedMinor } = await bench.load.run({
      ...load,
      warmupSeconds: 0,
      seconds: SLICE_SECONDS.fill,
    });
    await checkBook(bench.sql, mark, { transfers: acceptedTransfers, amountMinor: acceptedMinor });
    if (acceptedTransfers < BATCH_LENGTH) throw new Error("the system cannot be filled: nothing is accepted");
    written += acceptedTransfers;
  }
}

async function countTransfers({ sql }: Workbench): Promise<number> {
  const [row] = await sql<{ count: bigint }[]>`SELECT count(*) AS count FROM ledger.transfers`;
  return Number(row?.count);
}

/** Keeps the server busy and watches its memory. */
export async function measureSoak(bench: Workbench, minutes: number, watch: Watch): Promise<Figure[]> {
  const memory = watchMemory(bench.server.pid);
  const until = performance.now() + minutes * 60_000;
  while (performance.now() < until) {
    watch.onProgress(`soak: ${Math.ceil((until - performance.now()) / 60_000)} minutes left`);
    await measureLoad(bench, PLAN, { seconds: SLICE_SECONDS.soak, notes: watch.notes });
  }
  return describeMemory(memory.stop(), { atMost: SLOPE_FLAT_MB_PER_MINUTE });
}
