import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startTestApp, type TestApp } from "../../../tests/app.ts";

const PROGRAM = join(import.meta.dirname, "..", "..", "..", "bin", "countinghouse.mjs");

let apps: TestApp[];
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "race-"));
  const first = await startTestApp();
  apps = [first, await startTestApp({ DB_URL: first.databaseUrl })];
});
afterAll(async () => {
  for (const app of apps.toReversed()) await app.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function race(
  args: readonly string[],
  settings: Record<string, string> = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { PATH: process.env["PATH"], DATA_DIR: folder, JWT_SECRET_KEY: "s".repeat(48), ...settings };
  return promisify(execFile)(process.execPath, [PROGRAM, "demo", "race", ...args], { env, cwd: folder }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
}

it("sells ten units to two hundred buyers over two processes, and proves it", async () => {
  const urls = apps.flatMap(({ url }) => ["--url", url]);
  const { code, stdout } = await race(["--json", "--stock", "10", "--buyers", "200", ...urls]);
  expect(JSON.parse(stdout)).toMatchObject({
    exact: true,
    sold: 10,
    refused: 190,
    others: [],
    beforeShipping: { on_hand: 10, reserved: 10, available: 0 },
    afterShipping: { on_hand: 0, reserved: 0 },
    orderedCents: 30_000,
    paidCents: 30_000,
    integrity: { clean: true },
  });
  expect(code).toBe(0);
});

it("sells to all where there is enough", async () => {
  const { code, stdout } = await race(["--stock", "5", "--buyers", "3", "--url", apps[0]?.url ?? ""]);
  expect(stdout).toContain("Exact: 3 sold, 0 refused.");
  expect(code).toBe(0);
});

it("says in one line what is missing", async () => {
  const [app] = apps;
  const nobody = await race(["--url", "http://127.0.0.1:9"]);
  expect(nobody).toMatchObject({ code: 2, stderr: expect.stringContaining("Nothing answers at") });
  const stranger = await race(["--url", app?.url ?? ""], { JWT_SECRET_KEY: "x".repeat(48) });
  expect(stranger).toMatchObject({ code: 2, stderr: expect.stringContaining("does not accept tokens") });
  const production = await race(["--url", app?.url ?? ""], { APP_ENV: "production" });
  expect(production.code).toBe(2);
});
