// How long a user waits: `countinghouse serve` with its own PostgreSQL, in an empty directory and again in the same one.
import { randomBytes } from "node:crypto";
import { findMedian } from "../measure.ts";
import { startServer } from "../server-process.ts";
import { makeDataFolder, removeDataFolder } from "../workbench.ts";

/** From starting the process to the first 200 of /health/ready, medians of `tries`. */
export async function measureStarts(tries: number): Promise<{ firstMs: number; laterMs: number }> {
  const first: number[] = [];
  const later: number[] = [];
  for (let count = 0; count < tries; count++) {
    const dataDir = await makeDataFolder();
    try {
      first.push(await measureStart(dataDir));
      later.push(await measureStart(dataDir));
    } finally {
      await removeDataFolder(dataDir);
    }
  }
  return { firstMs: findMedian(first) ?? 0, laterMs: findMedian(later) ?? 0 };
}

async function measureStart(dataDir: string): Promise<number> {
  const server = await startServer({ dataDir, jwtSecret: randomBytes(32).toString("hex") });
  await server.stop();
  return server.startMs;
}
