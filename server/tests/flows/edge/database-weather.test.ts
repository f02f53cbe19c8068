// A database that takes no writes, takes no connections, or ends them: every path says so with 503 and Retry-After, and goes
// on by itself when it is over.
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { openDatabase, waitForDatabase } from "../../../src/runtime/database.ts";
import { createLog } from "../../../src/runtime/log.ts";
import { startTestApp } from "../../app.ts";
import { createTestDatabase } from "../../database.ts";
import { type Ground, openGround } from "../../hostile/ground.ts";
import { type Operation, withoutAliases } from "../../hostile/operations.ts";
import { makeBody, makePath } from "../../hostile/valid-request.ts";

const PATIENCE = { timeout: 30_000, interval: 100 };

let ground: Ground;
let database: string;
beforeAll(async () => {
  ground = await openGround();
  database = new URL(ground.app.databaseUrl).pathname.slice(1);
});
afterAll(async () => {
  await ground?.stop();
});

const ready = () => ground.app.call("GET", "/health/ready");
beforeEach(() => expect.poll(async () => (await ready()).status, PATIENCE).toBe(200));

/** Ends the program's sessions: the next ones are begun as the database is now. */
async function endSessions(): Promise<void> {
  await ground.app.db`
    SELECT pg_terminate_backend(pid)
    FROM pg_stat_activity
    WHERE datname = current_database() AND usename = ${new URL(ground.app.databaseUrl).username}`;
}

async function alter(change: string): Promise<void> {
  await ground.app.db.unsafe(`ALTER DATABASE ${database} ${change}`);
  await endSessions();
}

interface Answered {
  readonly title: string;
  readonly status: number;
  readonly code: string | undefined;
  readonly retryAfter: string | null;
}

async function send(operation: Operation): Promise<Answered> {
  const { method, title } = operation;
  const body = operation.body === undefined ? undefined : JSON.stringify(makeBody(operation, ground.known));
  const answer = await fetch(`${ground.app.url}${makePath(operation, ground.known)}`, {
    method,
    headers: {
      authorization: `Bearer ${ground.admin}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body }),
  });
  const text = await answer.text();
  const { code } = text.startsWith("{") ? JSON.parse(text) : { code: undefined };
  return { title, status: answer.status, code, retryAfter: answer.headers.get("retry-after") };
}

/** Sends every operation; those that answer as a server that is broken and not as one that waits. */
async function findBroken(codes: readonly string[]): Promise<{ unavailable: number; broken: Answered[] }> {
  const answers: Answered[] = [];
  for (const operation of withoutAliases(ground.operations)) answers.push(await send(operation));
  const failed = answers.filter(({ status }) => status >= 500);
  const broken = failed.filter(
    ({ status, code, retryAfter }) =>
      status !== 503 || !codes.includes(String(code)) || !/^[1-9]\d*$/.test(retryAfter ?? ""),
  );
  return { unavailable: failed.length, broken };
}

function deposit() {
  const body = { type: "deposit", account_id: ground.known["account_id"], amount: "1.00", currency: "EUR" };
  return ground.app.call("POST", "/api/v1/transactions", { token: ground.admin, body });
}

it("F6-37 a read-only database (25006): 503 on every path that writes, reads go on, and ready says so", async () => {
  await alter("SET default_transaction_read_only = on");
  try {
    const { unavailable, broken } = await findBroken(["database_read_only", "database_unavailable"]);
    expect(broken).toEqual([]);
    expect(unavailable).toBeGreaterThan(20);
    await expect.poll(async () => (await deposit()).body.code, PATIENCE).toBe("database_read_only");
    const asked = await ready();
    expect([asked.status, asked.body.status, asked.headers.get("retry-after")]).toEqual([
      503,
      "database read only",
      "1",
    ]);
    const path = `/api/v1/accounts/${ground.known["account_id"]}/balance`;
    expect((await ground.app.call("GET", path, { token: ground.admin })).status).toBe(200);
  } finally {
    await ground.app.db.unsafe(`ALTER DATABASE ${database} RESET default_transaction_read_only`);
  }
  // The sessions that were begun meanwhile stay read-only for good: they are replaced, and nobody restarts anything.
  await expect.poll(async () => (await deposit()).status, PATIENCE).toBe(201);
  await expect.poll(async () => (await ready()).status, PATIENCE).toBe(200);
});

it("F6-37 too many connections (53300): 503 on every path, and well again by itself", async () => {
  await alter("CONNECTION LIMIT 0");
  try {
    const { unavailable, broken } = await findBroken(["database_unavailable"]);
    expect(broken).toEqual([]);
    expect(unavailable).toBeGreaterThan(20);
    expect((await ready()).body).toEqual({ status: "database unavailable" });
  } finally {
    await ground.app.db.unsafe(`ALTER DATABASE ${database} CONNECTION LIMIT -1`);
  }
  await expect.poll(async () => (await deposit()).status, PATIENCE).toBe(201);
});

it("F6-37 sessions that the server ends (57P01) under load cost no more than a 503", async () => {
  let ending = true;
  const end = (async () => {
    for (let times = 0; times < 10; times += 1) await endSessions();
    ending = false;
  })();
  const seen = new Set<string>();
  while (ending) {
    const answers = await Promise.all([deposit(), deposit(), ready()]);
    for (const { status, body } of answers)
      seen.add(`${status} ${status < 500 ? "" : (body.code ?? body.status)}`);
  }
  await end;
  const fine = new Set(["200 ", "201 ", "503 database_unavailable", "503 database unavailable"]);
  expect([...seen].filter((answer) => !fine.has(answer))).toEqual([]);
});

it("F6-37 F6-40 a start on a read-only database, or one that keeps text otherwise than as UTF-8, ends with one line", async () => {
  const other = await createTestDatabase({ migrated: false });
  const name = `${new URL(other.url).pathname.slice(1)}_latin`;
  const url = new URL(other.url);
  url.pathname = `/${name}`;
  await other.db.unsafe(
    `CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' LOCALE_PROVIDER libc`,
  );
  try {
    await expect(startTestApp({ DB_URL: url.href })).rejects.toThrow(
      /keeps text as LATIN1; make one with: createdb/,
    );
    await other.db.unsafe(
      `ALTER DATABASE ${new URL(other.url).pathname.slice(1)} SET default_transaction_read_only = on`,
    );
    const db = openDatabase({ url: other.url, poolSize: 1, statementTimeoutMs: 5_000 });
    await expect(waitForDatabase(db, { retrySeconds: 0, log: createLog("silent") })).rejects.toThrow(
      "The database of DB_URL is read-only (default_transaction_read_only is on",
    );
    await db.end();
  } finally {
    await other.db.unsafe(`DROP DATABASE ${name} WITH (FORCE)`);
    await other.drop();
  }
});
