// Rows are measured in turns: every round gives each row a short slice, so that whatever else the machine does falls on
// the references and on us alike. A ratio is taken within each round, where both sides lie seconds apart; what is shown
// is the median over the rounds.

export interface Sample {
  readonly perSecond: number;
  /** Processor time of the server, and of PostgreSQL, for one of what `perSecond` counts. */
  readonly serverUs?: number | undefined;
  readonly postgresUs?: number | undefined;
  /** The same of the load generator. */
  readonly clientUs?: number | undefined;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface Row {
  readonly id: string;
  readonly label: string;
  readonly measure: (seconds: number) => Promise<Sample>;
}

/** Samples by row, one per round. */
export type Samples = ReadonlyMap<string, readonly Sample[]>;

export interface MeasureOptions {
  readonly rounds: number;
  readonly seconds: number;
  readonly onSlice: (done: number, of: number, label: string) => void;
}

export async function measureInTurns(rows: readonly Row[], options: MeasureOptions): Promise<Samples> {
  const samples = new Map<string, Sample[]>(rows.map((row) => [row.id, []]));
  for (let round = 0; round < options.rounds; round++) {
    for (const [index, row] of rows.entries()) {
      options.onSlice(round * rows.length + index, options.rounds * rows.length, row.label);
      samples.get(row.id)?.push(await row.measure(options.seconds));
    }
  }
  return samples;
}

export function findMedian(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  return sorted.length % 2 === 1 || upper === undefined ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

export function summarizeRow(samples: Samples, id: string): Sample | undefined {
  const found = samples.get(id) ?? [];
  if (found.length === 0) return undefined;
  const median = (key: keyof Sample) => findMedian(found.flatMap((sample) => sample[key] ?? []));
  return {
    perSecond: median("perSecond") ?? 0,
    p50Ms: median("p50Ms") ?? 0,
    p99Ms: median("p99Ms") ?? 0,
    serverUs: median("serverUs"),
    postgresUs: median("postgresUs"),
  };
}

export interface Comparison {
  readonly id: string;
  readonly against: readonly string[];
  readonly key: "perSecond" | "p50Ms" | "p99Ms";
}

/** Median over the rounds of row `id` over the best (of a rate the highest) of the rows `against`. */
export function findRatio(samples: Samples, { id, against, key }: Comparison): number | undefined {
  const ratios = (samples.get(id) ?? []).map((sample, round) => {
    const others = against.flatMap((other) => samples.get(other)?.[round]?.[key] ?? []);
    return sample[key] / (key === "perSecond" ? Math.max(...others) : Math.min(...others));
  });
  return findMedian(ratios.filter((ratio) => Number.isFinite(ratio) && ratio > 0));
}
