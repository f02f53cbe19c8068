import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runCommand } from "../../../tests/command.ts";
import { migrateForServer } from "../../../tests/database.ts";
import { openDatabase, type Sql } from "../../runtime/database.ts";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../../runtime/embedded-postgres/index.ts";
import { createLog } from "../../runtime/log.ts";

// A PostgreSQL of its own, as durable as the product's: the run's is not, which is what doctor would find.
let folder: string;
let postgres: EmbeddedPostgres;
let db: Sql;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "countinghouse-doctor-"));
  postgres = await startEmbeddedPostgres({ dataDir: join(folder, "database"), log: createLog("silent") });
  db = openDatabase({ url: postgres.url, poolSize: 1, statementTimeoutMs: 60_000 });
  await migrateForServer(db);
});
afterAll(async () => {
  await db?.end({ timeout: 5 });
  await postgres?.stop();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

const run = (args: readonly string[], settings: Readonly<Record<string, string>> = {}) =>
  runCommand(args, { folder, settings: { DB_URL: postgres.url, PORT: "0", ...settings } });

type Check = { check: string; state: string; what: string; way_out: string | null };
async function examine(
  settings: Record<string, string>,
): Promise<{ code: number | null; checks: Map<string, Check> }> {
  const { code, out } = await run(["doctor", "--json"], settings);
  const { checks } = JSON.parse(out) as { checks: Check[] };
  return { code, checks: new Map(checks.map((found) => [found.check, found])) };
}

it("finds everything in order", async () => {
  const dataDir = mkdtempSync(join(folder, "data-"));
  const { code, out } = await run(["doctor"], { DATA_DIR: dataDir });
  expect(out).toMatch(/^ok {4}settings /);
  expect(out).not.toMatch(/^fail/m);
  expect(out).toContain("All that is needed is there.");
  expect(code).toBe(0);
});

it("says what to do about each thing that is not", async () => {
  const dataDir = mkdtempSync(join(folder, "data-"));
  writeFileSync(join(dataDir, "jwt-secret"), "secret");
  chmodSync(join(dataDir, "jwt-secret"), 0o644);
  const taken = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => taken.once("listening", resolve));
  const address = taken.address();
  const port = typeof address === "object" && address !== null ? String(address.port) : "";
  const settings = { DATA_DIR: dataDir, PORT: port, DB_POOL_SIZE: "500" };
  const { code, checks } = await examine(settings).finally(() => taken.close());
  expect(code).toBe(1);
  expect(checks.get("secret files")).toMatchObject({
    state: "fail",
    way_out: expect.stringContaining("chmod 600"),
  });
  expect(checks.get("port")).toMatchObject({ state: "fail", what: `${port} is taken by another program` });
  expect(checks.get("connections")).toMatchObject({ state: "fail" });
});

it("says what to do about a wrong setting, and about a database that is not there", async () => {
  const wrong = await examine({ PORT: "many" });
  expect(wrong.code).toBe(1);
  expect(wrong.checks.get("settings")).toMatchObject({
    state: "fail",
    what: expect.stringContaining("PORT"),
  });
  const rules = await examine({ RISK_RULES: '[{"rule":"nope"}]', ENCRYPTION_KEY: "abc" });
  expect(rules.checks.get("settings")?.what).toMatch(/ENCRYPTION_KEY must be 32 bytes.*; RISK_RULES/);
  const dataDir = mkdtempSync(join(folder, "data-"));
  const fresh = await examine({ DB_URL: "", DATA_DIR: dataDir });
  expect(fresh.checks.get("database")).toMatchObject({
    state: "ok",
    what: expect.stringContaining("none yet"),
  });
  expect(readdirSync(dataDir)).toEqual([]);
  const lost = await examine({ DB_URL: "postgres://a:b@127.0.0.1:1/none", DB_CONNECT_RETRY_SECONDS: "0" });
  expect(lost.code).toBe(1);
  expect(lost.checks.get("database")).toMatchObject({
    state: "fail",
    what: expect.stringContaining("cannot be reached"),
  });
});

it("tells of a database that an older baseline made", async () => {
  const name = "0005_ledger_baseline.sql";
  const [row] = await db`SELECT checksum FROM runtime.migrations WHERE name = ${name}`;
  await db`UPDATE runtime.migrations SET checksum = '' WHERE name = ${name}`;
  try {
    const { code, checks } = await examine({});
    expect(code).toBe(1);
    expect(checks.get("schema")).toEqual({
      check: "schema",
      state: "fail",
      what: `This database was made by an older baseline (it has ${name}), from before the first release`,
      way_out: expect.stringContaining("another DATA_DIR or an empty database in DB_URL"),
    });
  } finally {
    await db`UPDATE runtime.migrations SET checksum = ${row?.["checksum"]} WHERE name = ${name}`;
  }
});

it("warns of an unsafe database and of one that is not up to date", async () => {
  const name = new URL(postgres.url).pathname.slice(1);
  await db.unsafe(`ALTER DATABASE ${name} SET synchronous_commit = off`);
  const [last] = await db`DELETE FROM runtime.migrations WHERE name LIKE '0014%' RETURNING *`;
  try {
    const { code, checks } = await examine({});
    expect(code).toBe(1);
    expect(checks.get("durability")).toMatchObject({ state: "fail", what: "off: synchronous_commit" });
    expect(checks.get("schema")).toMatchObject({ state: "warn", what: "1 migrations are pending" });
  } finally {
    await db`INSERT INTO runtime.migrations ${db(last ?? {})}`;
    await db.unsafe(`ALTER DATABASE ${name} RESET synchronous_commit`);
  }
});
