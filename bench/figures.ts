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

interface RatioPlan {
  readonly label: string;
  readonly id: string;
  readonly against: readonly string[];
  readonly key?: Comparison["key"];
  readonly target?: Target;
}

const RATIOS: readonly RatioPlan[] = [
  {
    label: "uniform, 256 in flight / pgbench's best",
    id: "uniform-256",
    against: PGBENCH_CROWD,
    target: { atLeast: 3 },
  },
  {
    label: "Zipf, 256 in flight / stored procedure",
    id: "zipf-256",
    against: ["procedure-256"],
    target: { atLeast: 1.3 },
  },
  {
    label: "uniform, 256 in flight / stored procedure",
    id: "uniform-256",
    against: ["procedure-256"],
    target: { atLeast: 1.3 },
  },
  {
    label: "Zipf, 256 in flight / stored procedure, history per batch",
    id: "zipf-256",
    against: ["procedure-plus-256"],
  },
  {
    label: "one hot account / uniform, 256 in flight",
    id: "hot-256",
    against: ["uniform-256"],
    target: { atLeast: 1 },
  },
  { label: "ten accounts / uniform, 256 in flight", id: "ten-256", against: ["uniform-256"] },
  {
    label: "median latency, 1 in flight / pgbench, 1 client",
    id: "uniform-1",
    against: ["pgbench-1"],
    key: "p50Ms",
    target: { atMost: 1.5 },
  },
  {
    label: "batches of 1,000 / pgbench's best",
    id: "batch-4",
    against: PGBENCH_CROWD,
    target: { atLeast: 6 },
  },
  {
    label: "orders of one line / transfers, uniform, 256 in flight",
    id: "orders-256",
    against: ["uniform-256"],
    target: { atLeast: 0.35 },
  },
  {
    label: "one product / 10,000 products, orders of one line",
    id: "flash-256",
    against: ["orders-256"],
    target: { atLeast: 1 },
  },
  { label: "orders of five lines / of one line", id: "orders-five-256", against: ["orders-256"] },
  {
    label: "product list, 20 of 1,000 / bare health, 16 connections",
    id: "products-16",
    against: ["health-16"],
    target: { atLeast: 0.1 },
  },
  {
    label: "product search / bare health, 16 connections",
    id: "search-16",
    against: ["health-16"],
    target: { atLeast: 0.1 },
  },
];

/** Ratios whose rows were measured. */
export function findRatios(samples: Samples): Figure[] {
  return RATIOS.flatMap(({ label, id, against, key = "perSecond", target }) => {
    const value = findRatio(samples, { id, against, key });
    return value === undefined
      ? []
      : [{ label, value, unit: "×", ...(target === undefined ? {} : { target }) }];
  });
}

export function describeSizes(sizes: TableSizes): Figure[] {
  return [
    {
      label: "on disk per transfer, with indexes",
      value: sizes.bytesPerTransfer,
      unit: "bytes",
      target: { atMost: 400 },
    },
    {
      label: "remembered answers per transfer, until they expire",
      value: sizes.idempotencyBytesPerTransfer,
      unit: "bytes",
    },
    {
      label: "outbox file, emptied as events are delivered",
      value: sizes.outboxBytes / 1_048_576,
      unit: "MB",
    },
    { label: "transfers written in this run", value: sizes.transferCount, unit: "" },
  ];
}

export function describeMemory(use: MemoryUse | undefined, slopeTarget?: Target): Figure[] {
  if (use === undefined) return [];
  const slope = {
    label: "server memory, slope over the second half",
    value: use.slopeMbPerMinute,
    unit: "MB/min",
  };
  return [
    { label: "server memory at the start", value: use.startMb, unit: "MB" },
    {
      label: `server memory, highest in ${Math.round(use.seconds)} s under load`,
      value: use.maxMb,
      unit: "MB",
      target: { atMost: 300 },
    },
    slopeTarget === undefined ? slope : { ...slope, target: slopeTarget },
  ];
}

export function describeStarts(starts: { firstMs: number; laterMs: number }): Figure[] {
  return [
    {
      label: "first start (empty directory) to first answer",
      value: starts.firstMs / 1_000,
      unit: "s",
      target: { atMost: 6 },
    },
    { label: "later start to first answer", value: starts.laterMs / 1_000, unit: "s", target: { atMost: 2 } },
  ];
}
