// PostgreSQL's own benchmark, TPC-B with prepared statements, in a database of its own on the server's PostgreSQL: what
// this machine's PostgreSQL does when asked in the ordinary way.
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Sample } from "../measure.ts";

const run = promisify(execFile);

/** Why pgbench cannot be used here, or undefined when it can. */
export async function findPgbenchTrouble(): Promise<string | undefined> {
  return run("pgbench", ["--version"]).then(
    () => undefined,
    () => "pgbench is not installed (Debian: apt install postgresql-contrib)",
  );
}

export async function fillPgbench(url: string, scale: number): Promise<void> {
  await run("pgbench", ["--initialize", "--init-steps=dtgvp", "--quiet", `--scale=${scale}`, url]);
}

/** Median and 99th percentile from its log of every transaction, which costs it next to nothing. */
export async function measurePgbench(url: string, clients: number, seconds: number): Promise<Sample> {
  const folder = await mkdtemp(join(tmpdir(), "bench-pgbench-"));
  try {
    const flags = ["--protocol=prepared", "--no-vacuum", "--log", `--log-prefix=${join(folder, "log")}`];
    const size = [`--client=${clients}`, `--jobs=${Math.min(clients, 2)}`, `--time=${Math.ceil(seconds)}`];
    const { stdout } = await run("pgbench", [...flags, ...size, url]);
    const latencies = await readLatencies(folder);
    return {
      perSecond: readRate(stdout),
      p50Ms: findShareMs(latencies, 0.5),
      p99Ms: findShareMs(latencies, 0.99),
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

function readRate(output: string): number {
  const rate = /^tps = ([\d.]+)/m.exec(output)?.[1];
  if (rate === undefined) throw new Error(`pgbench said no rate:\n${output}`);
  return Number(rate);
}

/** Microseconds, sorted. A line of the log: client, number, latency, script, seconds, microseconds. */
async function readLatencies(folder: string): Promise<Float64Array> {
  const logs = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), "utf8")));
  const lines = logs.join("").trimEnd().split("\n");
  return Float64Array.from(lines, (line) => Number(line.split(" ")[2])).sort();
}

function findShareMs(sorted: Float64Array, share: number): number {
  return (sorted[Math.floor((sorted.length - 1) * share)] ?? 0) / 1_000;
}
