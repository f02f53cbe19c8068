// One PostgreSQL for the whole test run, the same that the product brings, and in it the migrated database that the tests'
// own are copies of: a copy takes a fraction of the time of the migrations. All its files lie in one folder.
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { startEmbeddedPostgres } from "../src/runtime/embedded-postgres/index.ts";
import { createLog } from "../src/runtime/log.ts";
import { asServer, createMigratedTemplate, createTestDatabase } from "./database.ts";
import { startServer } from "./invariants/server-process.ts";
import { makeRunFolder } from "./run-folder.ts";

export async function setup(): Promise<() => Promise<void>> {
  const folder = makeRunFolder();
  const dataDir = join(folder.path, "shared");
  const postgres = await startEmbeddedPostgres({ dataDir, log: createLog("silent") }, { isDisposable: true });
  process.env["TEST_POSTGRES_URL"] = postgres.url;
  process.env["TEST_POSTGRES_SERVER_URL"] = postgres.serverUrl.replace(/\?host=.*/, "");
  await createMigratedTemplate();
  await fillCompileCache(join(folder.path, "first-server"));
  return async () => {
    await postgres.stop();
    const left = folder.remove().filter((name) => name !== "shared");
    if (left.length > 0) throw new Error(`tests left files behind: ${left.join(", ")}`);
  };
}

/**
 * A process keeps its compiled code when it ends by itself, which the servers that tests kill never do: where none is kept
 * yet, one server starts and stops first. Each later start then takes half a second of processor time less.
 */
async function fillCompileCache(dataDir: string): Promise<void> {
  const cache = process.env["NODE_COMPILE_CACHE"];
  if (cache === undefined || existsSync(cache)) return;
  mkdirSync(dataDir);
  const database = await createTestDatabase();
  const server = await startServer({ dataDir, databaseUrl: asServer(database.url) });
  server.signal("SIGTERM");
  await server.ended;
  await database.drop();
  rmSync(dataDir, { recursive: true });
}
