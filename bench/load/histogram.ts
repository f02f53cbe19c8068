// Latencies in logarithmic buckets about one percent wide: constant memory however long a run lasts, and two array
// operations per request.

export interface Histogram {
  readonly counts: Uint32Array;
  total: number;
}

const BUCKETS_PER_E = 100;
const BUCKET_COUNT = 2_000; // e^20 microseconds are 8 minutes: no request lives that long

export function createHistogram(): Histogram {
  return { counts: new Uint32Array(BUCKET_COUNT), total: 0 };
}

export function recordLatency(histogram: Histogram, latencyMs: number): void {
  const bucket = Math.min(
    BUCKET_COUNT - 1,
    Math.floor(Math.log(Math.max(1, latencyMs * 1_000)) * BUCKETS_PER_E),
  );
  histogram.counts[bucket] = (histogram.counts[bucket] ?? 0) + 1;
  histogram.total += 1;
}

/** The latency in milliseconds below which `share` (0-1) of the requests stayed; 0 without any request. */
export function findPercentileMs(histogram: Histogram, share: number): number {
  const rank = Math.ceil(histogram.total * share);
  let seen = 0;
  for (const [bucket, count] of histogram.counts.entries()) {
    seen += count;
    if (count > 0 && seen >= rank) return Math.exp((bucket + 0.5) / BUCKETS_PER_E) / 1_000;
  }
  return 0;
}
