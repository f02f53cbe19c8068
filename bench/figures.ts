// The figures that have a target, and the verdict: ratios within this run, because absolute rates say more about the
// machine than about the program.

import { type Comparison, findRatio, type Samples } from "./measure.ts";
import type { TableSizes } from "./rows/check-book.ts";
import type { MemoryUse } from "./rows/memory.ts";
import { PGBENCH_CROWD } from "./rows/rows.ts";

export interface Target {
  readonly atLeast?: number;
  readonly atMost?: number;
}

export interface Figure {
  readonly label: string;
  readonly value: number;
  readonly unit: string;
  /** Without one the figure is for information. */
  readonly target?: Target;
}

/** Undefined where there is no target. */
export function isMet({ value, target }: Figure): boolean | undefined {
  if (target === undefined) return undefined;
  return (
    value >= (target.atLeast ?? Number.NEGATIVE_INFINITY) &&
    value <= (target.atMost ?? Number.POSITIVE_INFINITY)
  );
}

/** What a row's rate is to be against the best of other rows; by `key` it can be another figure than the rate. */
type Ratio = readonly [
  label: string,
  id: string,
  against: readonly string[],
  target?: Target | undefined,
  key?: Comparison["key"],
];

const RATIOS: readonly Ratio[] = [
  ["uniform, 256 in flight / pgbench's best", "uniform-256", PGBENCH_CROWD, { atLeast: 3 }],
  ["on streams, 256 under way / pgbench's best", "stream-256", PGBENCH_CROWD, { atLeast: 3 }],
  ["on streams / over HTTP, 256 under way", "stream-256", ["uniform-256"]],
  ["Zipf, 256 in flight / stored procedure", "zipf-256", ["procedure-256"], { atLeast: 1.3 }],
  ["uniform, 256 in flight / stored procedure", "uniform-256", ["procedure-256"], { atLeast: 1.3 }],
  ["Zipf, 256 in flight / stored procedure, history per batch", "zipf-256", ["procedure-plus-256"]],
  ["one hot account / uniform, 256 in flight", "hot-256", ["uniform-256"], { atLeast: 1 }],
  ["ten accounts / uniform, 256 in flight", "ten-256", ["uniform-256"]],
  ["median latency, 1 in flight / pgbench, 1 client", "uniform-1", ["pgbench-1"], { atMost: 1.5 }, "p50Ms"],
  ["two server processes / one, uniform", "two-servers-256", ["uniform-256"], { atLeast: 1 }],
  ["a process that knows no account yet / uniform", "cold-256", ["uniform-256"]],
  ["batches of 1,000 / pgbench's best", "batch-4", PGBENCH_CROWD, { atLeast: 6 }],
  [
    "orders of one line / transfers, uniform, 256 in flight",
    "orders-256",
    ["uniform-256"],
    { atLeast: 0.35 },
  ],
  ["one product / 10,000 products, orders of one line", "flash-256", ["orders-256"], { atLeast: 1 }],
  ["orders of five lines / of one line", "orders-five-256", ["orders-256"]],
  [
    "product list, 20 of 1,000 / bare health, 16 connections",
    "products-16",
    ["health-16"],
    { atLeast: 0.35 },
  ],
  ["product search / bare health, 16 connections", "search-16", ["health-16"], { atLeast: 0.35 }],
  ["product by its id / bare health, 16 connections", "product-16", ["health-16"], { atLeast: 0.5 }],
  ["balance of an account / bare health, 16 connections", "balance-16", ["health-16"], { atLeast: 0.5 }],
  ["order by its id / bare health, 16 connections", "order-16", ["health-16"], { atLeast: 0.5 }],
];

/** Ratios whose rows were measured. */
export function findRatios(samples: Samples): Figure[] {
  return RATIOS.flatMap(([label, id, against, target, key = "perSecond"]) => {
    const value = findRatio(samples, { id, against, key });
    return value === undefined ? [] : [figure(label, [value, "×"], target)];
  });
}

export function describeSizes(sizes: TableSizes): Figure[] {
  const remembered = "remembered answers per transfer, until they expire";
  return [
    figure("on disk per transfer, with indexes", [sizes.bytesPerTransfer, "bytes"], { atMost: 400 }),
    figure(remembered, [sizes.idempotencyBytesPerTransfer, "bytes"]),
    figure("outbox file, emptied as events are delivered", [sizes.outboxBytes / 1_048_576, "MB"]),
    figure("transfers written in this run", [sizes.transferCount, ""]),
  ];
}

export function describeMemory(use: MemoryUse | undefined, slopeTarget?: Target): Figure[] {
  if (use === undefined) return [];
  const highest = `server memory, highest in ${Math.round(use.seconds)} s under load`;
  return [
    figure("server memory at the start", [use.startMb, "MB"]),
    figure(highest, [use.maxMb, "MB"], { atMost: 300 }),
    figure("server memory, slope over the second half", [use.slopeMbPerMinute, "MB/min"], slopeTarget),
  ];
}

export function describeStarts({ firstMs, laterMs }: { firstMs: number; laterMs: number }): Figure[] {
  return [
    figure("first start (empty directory) to first answer", [firstMs / 1_000, "s"], { atMost: 6 }),
    figure("later start to first answer", [laterMs / 1_000, "s"], { atMost: 2 }),
  ];
}

function figure(label: string, [value, unit]: readonly [number, string], target?: Target): Figure {
  return { label, value, unit, ...(target === undefined ? {} : { target }) };
}
