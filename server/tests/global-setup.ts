// One PostgreSQL for the whole test run, the same that the product brings, and in it the migrated database that the tests'
// own are copies of: a copy takes a fraction of the time of the migrations.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbeddedPostgres } from "../src/runtime/embedded-postgres/index.ts";
import { createLog } from "../src/runtime/log.ts";
import { createMigratedTemplate } from "./database.ts";

export async function setup(): Promise<() => Promise<void>> {
  const dataDir = mkdtempSync(join(tmpdir(), "countinghouse-test-"));
  const postgres = await startEmbeddedPostgres({ dataDir, log: createLog("silent") }, { isDisposable: true });
  process.env["TEST_POSTGRES_URL"] = postgres.url;
  process.env["TEST_POSTGRES_SERVER_URL"] = postgres.serverUrl.replace(/\?host=.*/, "");
  await createMigratedTemplate();
  return async () => {
    await postgres.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
}
