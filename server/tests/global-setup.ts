// One PostgreSQL for the whole test run, the same that the product brings, and in it the migrated database that the tests'
// own are copies of: a copy takes a fraction of the time of the migrations. All its files lie in one folder.
import { join } from "node:path";
import { startEmbeddedPostgres } from "../src/runtime/embedded-postgres/index.ts";
import { createLog } from "../src/runtime/log.ts";
import { createMigratedTemplate } from "./database.ts";
import { makeRunFolder } from "./run-folder.ts";

export async function setup(): Promise<() => Promise<void>> {
  const folder = makeRunFolder();
  const options = { dataDir: join(folder.path, "shared"), log: createLog("silent") };
  const postgres = await startEmbeddedPostgres(options, { isDisposable: true });
  process.env["TEST_POSTGRES_URL"] = postgres.url;
  process.env["TEST_POSTGRES_SERVER_URL"] = postgres.serverUrl.replace(/\?host=.*/, "");
  await createMigratedTemplate();
  return async () => {
    await postgres.stop();
    const left = folder.remove().filter((name) => name !== "shared");
    if (left.length > 0) throw new Error(`tests left files behind: ${left.join(", ")}`);
  };
}
