// One PostgreSQL for the whole test run, the same that the product brings.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbeddedPostgres } from "../src/runtime/embedded-postgres/index.ts";
import { createLog } from "../src/runtime/log.ts";

export async function setup(): Promise<() => Promise<void>> {
  const dataDir = mkdtempSync(join(tmpdir(), "countinghouse-test-"));
  const postgres = await startEmbeddedPostgres({ dataDir, log: createLog("silent") });
  process.env["TEST_POSTGRES_URL"] = postgres.url;
  return async () => {
    await postgres.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
}
