// A program for the tests: starts the embedded PostgreSQL in a process of its own, which a test may then kill. Writes one
// line of JSON, `{"url"}` or `{"error"}`, and stays until SIGTERM.

import { startEmbeddedPostgres } from "./start.ts";

const ignore = () => undefined;
const log = { debug: ignore, info: ignore, warn: ignore, error: ignore };

try {
  const started = await startEmbeddedPostgres({ dataDir: process.argv[2] ?? "", log });
  process.once("SIGTERM", () => void started.stop());
  process.stdout.write(`${JSON.stringify({ url: started.url })}\n`);
} catch (error) {
  process.stdout.write(
    `${JSON.stringify({ error: error instanceof Error ? error.message : String(error) })}\n`,
  );
}
