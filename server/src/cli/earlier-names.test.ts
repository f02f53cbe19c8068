// What people bring from the programs before this one, on the real program: a whole .env, and an export by name.
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runCommand } from "../../tests/command.ts";
import { openTestDesk, type TestDesk } from "../../tests/desk.ts";
import { startServer } from "../../tests/invariants/server-process.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");

let folder: string;
let ground: TestDesk;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "countinghouse-earlier-"));
  ground = await openTestDesk();
  await ground.openAccount({ owner: "alice", balance: 10_000n });
});
afterAll(async () => {
  await ground?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** One for all that share the database. */
const ENCRYPTION_KEY = "9vQkWc0u3mXyR7tEoZ1hJdLb5sNfGpA8iKqUe2xTnVM=";
const makeFolder = () => mkdtempSync(join(folder, "run-"));
const run = (args: readonly string[], place = makeFolder(), settings = {}) =>
  runCommand(args, {
    folder: place,
    settings: { DB_URL: ground.databaseUrl, PORT: "0", ENCRYPTION_KEY, ...settings },
  });

it("F6-33: starts with .env.example as it is, and says nothing of it", async () => {
  const place = makeFolder();
  copyFileSync(join(ROOT, ".env.example"), join(place, ".env"));
  const settings = {
    APP_ENV: "development",
    JWT_SECRET_KEY: "wZ3kq9LmT2vX7bNc5RdYp8HsJf4GuAeQ",
    ENCRYPTION_KEY,
  };
  const server = await startServer({ dataDir: place, databaseUrl: ground.databaseUrl, settings });
  const ready = await fetch(`${server.url}/health/ready`);
  server.signal("SIGTERM");
  await server.ended;
  expect(ready.status).toBe(200);
  expect(server.log.filter((line) => JSON.parse(line)["log.level"] === "warn")).toEqual([]);
});

it("F6-33: starts with the settings of an earlier program, and says of each what becomes of it", async () => {
  const place = makeFolder();
  const earlier = `ADMIN_PASSWORD=your-admin-password\nAPI_KEY_V1=your-api-key\nREQUEST_TIMEOUT=30\nMAX_EXPORT_ROWS=1000
TAX_RATE_DEFAULT=0.2\nENABLE_FRAUD_CHECK=True\nREDIS_HOST=localhost\nREDIS_PORT=6379\nCELERY_BROKER_URL=redis://localhost/0
KEY_VAULT_URL=https://your-vault.vault.azure.net/\nAZURE_AD_SCOPE=x\nMAIL_DEFAULT_SENDER=shop@example.com\n`;
  writeFileSync(join(place, ".env"), earlier);
  const settings = { APP_ENV: "development", JWT_SECRET_KEY: "your-secret-key", ENCRYPTION_KEY };
  const server = await startServer({ dataDir: place, databaseUrl: ground.databaseUrl, settings });
  server.signal("SIGTERM");
  await server.ended;
  const told = server.log
    .map((line) => JSON.parse(line))
    .filter((line) => line["log.level"] === "warn")
    .map((line) => line.message.split(" ")[0]);
  const secrets = ["JWT_SECRET_KEY", "API_KEY_V1", "ADMIN_PASSWORD"];
  const later = ["REDIS_HOST", "REDIS_PORT", "CELERY_BROKER_URL", "KEY_VAULT_URL", "AZURE_AD_SCOPE"];
  expect(told.toSorted()).toEqual([...secrets, ...later].toSorted());
  const examined = await run(["doctor"], place, settings);
  expect(examined.out).toMatch(/^warn {2}settings +REDIS_HOST is taken and does nothing yet/m);
  const refused = await run(["serve"], place, { ...settings, APP_ENV: "production" });
  expect(refused.code).toBe(2);
  for (const name of secrets) expect(refused.errors).toMatch(new RegExp(`${name} is too easy to guess`));
});

it("F6-33: a setting that only its module can judge is named as it was given", async () => {
  const refused = await run(["serve"], makeFolder(), { TAX_RATE_DEFAULT: "20" });
  expect(refused).toMatchObject({ code: 2, out: "" });
  expect(refused.errors).toContain('TAX_RATE_DEFAULT must be a decimal from 0 to 1 such as 0.20, not "20"');
  expect((await run(["doctor"], makeFolder(), { TAX_RATE_DEFAULT: "20" })).out).toContain(
    "TAX_RATE_DEFAULT must be",
  );
});

it("F6-33: a database in parts that is not there is told by the names of its parts", async () => {
  const parts = { DB_URL: "", DB_NAME: "none", DB_USER: "shop", DB_HOST: "127.0.0.1", DB_PORT: "1" };
  const lost = await run(["migrate"], makeFolder(), { ...parts, DB_CONNECT_RETRY_SECONDS: "0" });
  expect(lost).toMatchObject({ code: 2, out: "" });
  expect(lost.errors).toMatch(/^countinghouse: The database of DB_NAME at DB_HOST cannot be reached \(.*\n$/);
});

it("F6-33: export without a subject writes transactions into exports/, under the name that was given", async () => {
  const place = makeFolder();
  const { code, out } = await run(["export", "--format", "json", "--filename", "my_report"], place);
  const path = join(place, "exports", "my_report.json");
  expect({ code, out }).toEqual({ code: 0, out: `Exported 1 transaction to ${path}.\n` });
  expect(JSON.parse(readFileSync(path, "utf8"))).toEqual([
    expect.objectContaining({ type: "DEPOSIT", amount: "100.00", currency: "EUR" }),
  ]);
  await run(["export", "--filename", "all.CSV"], place);
  await run(["export", "orders", "--format", "ndjson", "--filename", "orders.2026"], place);
  await run(["export", "order-lines", "--filename", "lines"], place);
  await run(["export", "audit", "--filename", "trail"], place);
  await run(["--json", "export", "--format", "json", "--filename", "elsewhere"], place, {
    EXPORT_DIR: "./there",
  });
  expect(readdirSync(join(place, "exports")).toSorted()).toEqual(
    ["all.CSV", "lines.csv", "my_report.json", "orders.2026.ndjson", "trail.ndjson"].toSorted(),
  );
  expect(existsSync(join(place, "there", "elsewhere.json"))).toBe(true);
});

it("F6-33: a name that leads elsewhere, or nothing to export, is refused before anything is made", async () => {
  const place = makeFolder();
  for (const name of ["../up", "/etc/report", "a\\b", "..", ".", " ", "", "a\nb", "x".repeat(201)]) {
    const refused = await run(["export", "--format", "json", "--filename", name], place);
    expect(refused, name).toMatchObject({ code: 2, out: "" });
    expect(refused.errors).toContain("--filename must be a bare name such as my_report");
  }
  const both = await run(["export", "--filename", "a", "--out", "b"], place);
  expect(both).toMatchObject({
    code: 2,
    errors: expect.stringContaining("cannot be used with option '--out"),
  });
  const mistyped = await run(["export", "invoices", "--format", "json"], place);
  expect(mistyped).toMatchObject({
    code: 2,
    errors: expect.stringContaining('There is no "invoices" to export'),
  });
  expect(readdirSync(place)).toEqual([]);
});
