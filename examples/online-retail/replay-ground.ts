// The ground of the replays' tests: a program of its own for each test, files in the data set's form, and replays as a user
// runs them.
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeEach } from "vitest";
import { startTestApp, type TestApp } from "../../server/tests/app.ts";
import { type Run, replayUntilKilled, startReplay } from "./start-replay.ts";

const SAMPLE = join(import.meta.dirname, "sample.csv");
const COUNTINGHOUSE = join(import.meta.dirname, "..", "..", "server", "bin", "countinghouse.mjs");
const HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country";

export interface ReplayGround {
  readonly app: TestApp;
  /** Where files are written. */
  readonly folder: string;
  /** Replays the sample unless told otherwise. */
  readonly replay: (file?: string, settings?: Readonly<Record<string, string>>) => Promise<Run>;
  /**
   * Replays the sample again and again. Each run is killed after so many POSTs and comes a little further than the one before
   * it, until one has less left to do than it takes to be killed.
   */
  readonly replayThroughKills: (postCount: number) => Promise<{ run: Run; kills: number }>;
  /** Writes a file whose lines are "invoice,code,quantity,price,customer"; returns its path. */
  readonly writeFile: (name: string, lines: readonly string[]) => string;
  /** @throws Error where `countinghouse verify` finds a difference */
  readonly verify: () => Promise<unknown>;
}

/** For the tests of a file. @param program the path of the replay */
export function openReplayGround(program: string): ReplayGround {
  const folder = mkdtempSync(join(tmpdir(), "replay-"));
  let app: TestApp;
  let settings: { COUNTINGHOUSE_URL: string; COUNTINGHOUSE_TOKEN: string };
  beforeEach(async () => {
    await app?.stop();
    app = await startTestApp();
    settings = { COUNTINGHOUSE_URL: app.url, COUNTINGHOUSE_TOKEN: await app.token("admin") };
  });
  afterAll(async () => {
    await app?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    get app() {
      return app;
    },
    folder,
    replay: (file = SAMPLE, changes = {}) => startReplay([program, file], { ...settings, ...changes }).ended,
    replayThroughKills: async (postCount) => {
      for (let kills = 0; ; kills++) {
        const run = await replayUntilKilled([program, SAMPLE], settings, postCount);
        if (run.signal !== "SIGKILL") return { run, kills };
      }
    },
    writeFile: (name, lines) => {
      const path = join(folder, name);
      writeFileSync(path, `${[HEADER, ...lines.map(completeLine)].join("\r\n")}\r\n`);
      return path;
    },
    verify: () => {
      const env = { ...process.env, DB_URL: app.databaseUrl, DATA_DIR: folder };
      return promisify(execFile)(process.execPath, [COUNTINGHOUSE, "verify"], { env, cwd: folder });
    },
  };
}

function completeLine(line: string): string {
  const [invoice, code, quantity, price, customer = ""] = line.split(",");
  return `${invoice},${code},"HEART, WHITE",${quantity},2011-01-04T10:00:00,${price},${customer},France`;
}
