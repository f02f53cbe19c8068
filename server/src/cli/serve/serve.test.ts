import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommand } from "../../../tests/command.ts";
import { createTestDatabase, type TestDatabase } from "../../../tests/database.ts";
import { startServer } from "../../../tests/invariants/server-process.ts";
import { findRunningPostgres } from "../../runtime/embedded-postgres/index.ts";

const PROGRAM = join(import.meta.dirname, "..", "..", "..", "bin", "countinghouse.mjs");

let folder: string;
let database: TestDatabase;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "countinghouse-serve-"));
  database = await createTestDatabase();
});
afterAll(async () => {
  await database.drop();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** All servers on one database open what the others have sealed. */
const KEY = { ENCRYPTION_KEY: Buffer.alloc(32, 7).toString("base64") };
const makePlace = () => mkdtempSync(join(folder, "place-"));
const serve = (place: string, settings: Readonly<Record<string, string>>, options: readonly string[] = []) =>
  runCommand(["serve", ...options], { folder: place, settings: { PORT: "0", ...settings } });

describe("a start that cannot be", () => {
  it.each([
    [{ TRUSTED_PROXIES: "foo" }, ["TRUSTED_PROXIES"]],
    [{ PORT: "99999" }, ["PORT"]],
    [{ MAIL_FROM: "foo", CORS_ORIGINS: "*" }, ["MAIL_FROM", "CORS_ORIGINS"]],
    [{ DEFAULT_CURRENCY: "FOO" }, ["DEFAULT_CURRENCY"]],
    [{ DATA_DIR: "/dev/null/x" }, ["DATA_DIR"]],
    [{ DATA_DIR: "/proc/x" }, ["DATA_DIR"]],
    [{ DATA_DIR: "a-file" }, ["DATA_DIR"]],
    [{ AUDIT_CHECKPOINT_DIR: "/proc/x/y" }, ["AUDIT_CHECKPOINT_DIR"]],
    [{ METRICS_HOST: "192.0.2.1", METRICS_PORT: "0" }, ["METRICS_HOST"]],
    [
      { PORT: "x", TAX_RATE: "abc", RISK_RULES: "[1]", DATA_DIR: "/proc/x", ENCRYPTION_KEY: "abc" },
      ["PORT", "TAX_RATE", "RISK_RULES", "DATA_DIR", "ENCRYPTION_KEY"],
    ],
  ] as const)("F6-32 names all that is wrong, and makes nothing: %j", async (settings, keys) => {
    const place = makePlace();
    writeFileSync(join(place, "a-file"), "");
    const { code, out, errors } = await serve(place, settings);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(errors).toMatch(/^countinghouse: .*\n$/);
    for (const key of keys) expect(errors).toMatch(new RegExp(`${key}[^;]* must `));
    expect(readdirSync(place)).toEqual(["a-file"]);
  });
});

describe("a second start", () => {
  it("F6-32 on one data directory says where the first one runs, also while that is starting", async () => {
    const dataDir = makePlace();
    const place = { dataDir, settings: { LOG_LEVEL: "fatal" } };
    const starts = await Promise.allSettled([startServer(place), startServer(place)]);
    const running = starts.find((start) => start.status === "fulfilled");
    const refused = starts.find((start) => start.status === "rejected");
    if (running === undefined || refused === undefined) throw new Error(JSON.stringify(starts));
    const server = running.value;
    const pid = readFileSync(join(dataDir, "serve.pid"), "utf8").trim();
    const said = `countinghouse: already running here, pid ${pid}, ${server.url} (data in ${dataDir}); end it with: kill ${pid}, or choose another DATA_DIR and PORT`;
    expect(String(refused.reason)).toContain(said);
    const third = await serve(dataDir, { DATA_DIR: dataDir });
    expect(third).toEqual({ code: 2, out: "", errors: `${said}\n` });
    server.signal("SIGTERM");
    expect(await server.ended).toBe(0);
    expect(readdirSync(dataDir).filter((name) => name.startsWith("serve."))).toEqual([]);
  });

  it("F6-32 elsewhere on the same port says who listens there; on another port it shares a database of DB_URL", async () => {
    const place = { databaseUrl: database.url, settings: { ...KEY, LOG_LEVEL: "fatal" } };
    const first = await startServer({ ...place, dataDir: makePlace() });
    const { port } = new URL(first.url);
    const taken = await serve(makePlace(), { DB_URL: database.url, PORT: port });
    expect(taken.errors).toBe(
      `countinghouse: cannot listen on 127.0.0.1:${port} (another Countinghouse listens there): choose another PORT or HOST\n`,
    );
    const second = await startServer({ ...place, dataDir: makePlace() });
    for (const server of [first, second]) server.signal("SIGTERM");
    expect(await Promise.all([first.ended, second.ended])).toEqual([0, 0]);
  });

  it("F6-32 is not misled by what a killed server left behind", async () => {
    const dataDir = makePlace();
    const place = { dataDir, databaseUrl: database.url, settings: { ...KEY, LOG_LEVEL: "fatal" } };
    const killed = await startServer(place);
    killed.signal("SIGKILL");
    await killed.ended;
    expect(readdirSync(dataDir)).toEqual(expect.arrayContaining(["serve.pid", "serve.url"]));
    writeFileSync(join(dataDir, "serve.pid"), `${process.pid}\n`); // the pid is somebody else's by now
    const next = await startServer(place);
    next.signal("SIGTERM");
    expect(await next.ended).toBe(0);
  });
});

describe("the options of serve", () => {
  it("F6-32 --port, --host and --data-dir beat the settings, and the hints name the data directory", async () => {
    const place = makePlace();
    mkdirSync(join(place, "there"));
    const args = [PROGRAM, "serve", "--port", "0", "--host", "::1", "--data-dir", "there"];
    const settings = {
      ...KEY,
      DB_URL: database.url,
      PORT: "1",
      HOST: "192.0.2.1",
      DATA_DIR: "here",
      LOG_LEVEL: "fatal",
    };
    const child = spawn(process.execPath, args, {
      cwd: place,
      env: { PATH: process.env["PATH"], ...settings },
    });
    const [welcome] = (await once(child.stdout, "data")) as [Buffer];
    expect(String(welcome)).toMatch(/runs at http:\/\/\[::1\]:\d+ /);
    expect(String(welcome)).toContain(
      `DATA_DIR=${join(place, "there")} npx countinghouse token --role admin`,
    );
    expect(readdirSync(place)).toEqual(["there"]);
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
  });

  it("F6-32 are named where they are wrong", async () => {
    const { code, errors } = await serve(makePlace(), {}, ["--port", "99999", "--data-dir", "/proc/x"]);
    expect(code).toBe(2);
    expect(errors).toContain('PORT (--port) must be a whole number from 0 to 65535, not "99999"; ');
    expect(errors).toContain(
      'DATA_DIR (--data-dir) must be a folder that can be made and written to, not "/proc/x"',
    );
  });
});

it("F6-32 a server that is told to stop while it starts leaves no PostgreSQL behind, and does not say that it runs", async () => {
  const dataDir = makePlace();
  const env = { PATH: process.env["PATH"], DATA_DIR: dataDir, PORT: "0", LOG_LEVEL: "info" };
  const child = spawn(process.execPath, [PROGRAM, "serve"], { cwd: dataDir, env });
  let [log, out] = ["", ""];
  child.stdout.on("data", (chunk) => {
    out += chunk;
  });
  child.stderr.on("data", (chunk) => {
    if (log === "") child.kill("SIGTERM"); // it has just made its cluster
    log += chunk;
  });
  expect(await once(child, "exit"), log).toEqual([0, null]);
  expect(out).toBe("");
  expect(log).toContain('"made a new PostgreSQL cluster"');
  expect(await findRunningPostgres(dataDir)).toBeUndefined();
  expect(readdirSync(join(dataDir, "postgres"))).not.toContain("postmaster.pid");
});

it("F6-32 a server whose log nobody reads any more ends quietly", async () => {
  const dataDir = makePlace();
  const settings = { ...KEY, LOG_REQUESTS: "on", LOG_LEVEL: "info" };
  const server = await startServer({ dataDir, databaseUrl: database.url, settings });
  server.closeLog();
  await fetch(`${server.url}/health`);
  await fetch(`${server.url}/health`).catch(() => undefined); // it is stopping
  expect(await server.ended).toBe(0);
});
