import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { findRunningPostgres } from "../runtime/embedded-postgres/index.ts";

const PROGRAM = join(import.meta.dirname, "..", "..", "bin", "countinghouse.mjs");

let folder: string;
const started: ChildProcess[] = [];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "countinghouse-own-"));
});
afterAll(async () => {
  for (const child of started) await end(child);
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** The program without DB_URL: its PostgreSQL lies in `folder`. */
function launch(args: readonly string[]): ChildProcess {
  const env = { PATH: process.env["PATH"] ?? "", DATA_DIR: folder, PORT: "0", LOG_LEVEL: "warn" };
  const child = spawn(process.execPath, [PROGRAM, ...args], { cwd: folder, env });
  started.push(child);
  return child;
}

async function run(args: readonly string[]): Promise<{ code: number | null; said: string }> {
  const child = launch(args);
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (said += chunk));
  const [code] = await once(child, "close");
  return { code, said };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
}

async function serve(): Promise<ChildProcess> {
  const child = launch(["serve"]);
  if (child.stdout === null) throw new Error("no output");
  for await (const chunk of child.stdout) if (String(chunk).includes("runs at")) break;
  return child;
}

it("starts PostgreSQL for a command, and stops it after", async () => {
  expect(await run(["migrate"])).toMatchObject({ code: 0, said: expect.stringContaining("Applied 0001_") });
  expect(await findRunningPostgres(folder)).toBeUndefined();
  expect(await run(["verify"])).toMatchObject({ code: 0, said: expect.stringContaining("The book agrees.") });
});

it("lets commands that run at the same time share one PostgreSQL until the last has ended", async () => {
  const both = await Promise.all([
    run(["verify", "--read-only"]),
    run(["export", "transactions"]),
    run(["doctor"]),
  ]);
  expect(
    both.map(({ code }) => code),
    JSON.stringify(both),
  ).toEqual([0, 0, 0]);
  expect(await findRunningPostgres(folder)).toBeUndefined();
});

it("uses the PostgreSQL of a server that runs, and leaves it running", async () => {
  const server = await serve();
  const before = await findRunningPostgres(folder);
  expect(before?.url).toMatch(/^postgres:\/\/countinghouse:.+@127\.0\.0\.1:\d+\/countinghouse$/);
  expect(await run(["verify"])).toMatchObject({ code: 0, said: expect.stringContaining("The book agrees.") });
  expect(await run(["token"])).toMatchObject({ code: 0 });
  expect(await findRunningPostgres(folder)).toEqual(before);
  expect(await run(["serve"])).toMatchObject({
    code: 2,
    said: expect.stringContaining("already running here, pid "),
  });
  await end(server);
  expect(await findRunningPostgres(folder)).toBeUndefined();
});
