import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startTestApp, type TestApp } from "../../server/tests/app.ts";
import { type Run, replayUntilKilled, startReplay } from "../online-retail/start-replay.ts";

const PROGRAM = join(import.meta.dirname, "replay.ts");
const SAMPLE = join(import.meta.dirname, "sample.csv");
const COUNTINGHOUSE = join(import.meta.dirname, "..", "..", "server", "bin", "countinghouse.mjs");

let app: TestApp;
let settings: { COUNTINGHOUSE_URL: string; COUNTINGHOUSE_TOKEN: string };
beforeAll(async () => {
  app = await startTestApp();
  settings = { COUNTINGHOUSE_URL: app.url, COUNTINGHOUSE_TOKEN: await app.token("admin") };
});
afterAll(() => app.stop());

/** Counted from sample.csv by another program, with exact decimals. */
const FIGURES = [
  "market buys 74 5,560 323,856.20 323.94",
  "limit buys 19 950 47,824.00 47.83",
  "stop-loss sells 27 2,700 154,074.00 154.11",
  "take-profit sells 21 2,100 132,172.00 132.19",
  "trailing-stop sells 23 460 26,827.60 26.84",
  "17 day orders expired, 48 orders cancelled by their pair, 6 open at the end",
  "cash 9,940,708.49 USD, 1,250 shares, fees 684.91 USD",
];

function expectFigures({ out, errors, code }: Run): void {
  expect(errors).toBe("");
  const lines = out.split("\n").map((line) => line.replace(/ +/g, " "));
  for (const figures of FIGURES) expect(lines).toContain(figures);
  expect(code).toBe(0);
}

async function countRows(): Promise<unknown> {
  const [counts] = await app.db`
    SELECT (SELECT count(*)::int FROM trading.orders) AS orders, (SELECT count(*)::int FROM trading.quotes) AS quotes,
           (SELECT count(*)::int FROM trading.executions) AS executions, (SELECT count(*)::int FROM ledger.journals) AS journals`;
  return counts;
}

it("trades a year of real prices to the cent, through kills at any moment, and doubles nothing when it is run again", async () => {
  let kills = 0;
  for (const posts of [7, 120, 301]) {
    const run = await replayUntilKilled([PROGRAM, SAMPLE], settings, posts);
    if (run.signal === "SIGKILL") kills += 1;
  }
  expect(kills).toBe(3);
  expectFigures(await startReplay([PROGRAM, SAMPLE], settings).ended);
  const after = await countRows();
  await app.db`TRUNCATE runtime.idempotency_keys`;
  expectFigures(await startReplay([PROGRAM, SAMPLE], settings).ended);
  expect(await countRows()).toEqual(after);
  const folder = mkdtempSync(join(tmpdir(), "replay-"));
  const env = { ...process.env, DB_URL: app.databaseUrl, DATA_DIR: folder };
  await promisify(execFile)(process.execPath, [COUNTINGHOUSE, "verify"], { env, cwd: folder });
  rmSync(folder, { recursive: true });
}, 120_000);
