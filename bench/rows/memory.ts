// Watches a process's resident memory, once a second, as the kernel counts it (Linux; elsewhere nothing is said).
import { readFile } from "node:fs/promises";

export interface MemoryUse {
  readonly startMb: number;
  readonly maxMb: number;
  /** Least-squares slope over the second half of the time watched: caches have filled by then, leaks go on. */
  readonly slopeMbPerMinute: number;
  readonly seconds: number;
}

export interface MemoryWatch {
  readonly stop: () => MemoryUse | undefined;
}

interface Reading {
  readonly second: number;
  readonly mb: number;
}

export function watchMemory(pid: number): MemoryWatch {
  const readings: Reading[] = [];
  const startedAt = performance.now();
  const timer = setInterval(async () => {
    const mb = await readResidentMb(pid);
    if (mb !== undefined) readings.push({ second: (performance.now() - startedAt) / 1_000, mb });
  }, 1_000);
  const stop = () => {
    clearInterval(timer);
    return summarizeMemory(readings);
  };
  return { stop };
}

export function summarizeMemory(readings: readonly Reading[]): MemoryUse | undefined {
  const [first] = readings;
  const last = readings.at(-1);
  if (first === undefined || last === undefined) return undefined;
  return {
    startMb: first.mb,
    maxMb: Math.max(...readings.map((reading) => reading.mb)),
    slopeMbPerMinute: findSlope(readings.slice(readings.length >> 1)) * 60,
    seconds: last.second,
  };
}

function findSlope(readings: readonly Reading[]): number {
  const mean = (pick: (reading: Reading) => number) =>
    readings.reduce((sum, reading) => sum + pick(reading), 0) / readings.length;
  const middle = { second: mean((reading) => reading.second), mb: mean((reading) => reading.mb) };
  const spread = mean((reading) => (reading.second - middle.second) ** 2);
  return spread === 0
    ? 0
    : mean((reading) => (reading.second - middle.second) * (reading.mb - middle.mb)) / spread;
}

async function readResidentMb(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) / 1_024;
}
