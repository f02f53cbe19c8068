// A program for the tests: the embedded PostgreSQL in a process of its own, which a test may then kill. Writes one line
// of JSON, `{"url"}` or `{"error"}`, and stays until SIGTERM.

import { startEmbeddedPostgres } from "../../src/runtime/embedded-postgres/start.ts";

export async function startInChild(dataDir: string): Promise<void> {
  const answer = await tryStart(dataDir).catch((error: Error) => ({ error: error.message }));
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

async function tryStart(dataDir: string): Promise<{ url: string }> {
  const ignore = () => undefined;
  const log = { debug: ignore, info: ignore, warn: ignore, error: ignore };
  const { url, stop } = await startEmbeddedPostgres({ dataDir, log });
  process.once("SIGTERM", () => void stop());
  return { url };
}
