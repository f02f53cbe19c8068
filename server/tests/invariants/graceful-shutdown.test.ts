import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openDatabase, type Sql } from "../../src/runtime/database.ts";
import { poll } from "../../src/runtime/embedded-postgres/poll.ts";
import { type ApiClient, balanceOf, openClient, openFundedAccounts } from "./api-client.ts";
import { createRandom, describeTransactions, openCrashLoad } from "./crash-load.ts";
import { findPostgres, type ServerProcess, startServer, tokenOf } from "./server-process.ts";

const PATIENCE_MS = 60_000;
/** Enough for several batches, and more than there are lanes. */
const REQUESTS = 200;
/** More than there are connections to accept, for one is accepted in each turn of the loop at worst. */
const ROUND_TRIPS = 250;
/** DBState DB_SHUTDOWNED of PostgreSQL's pg_control.h. */
const CLUSTER_SHUT_DOWN = 1;

let dataDir: string;
let server: ServerProcess;
let client: ApiClient;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "countinghouse-shutdown-"));
  await chmod(dataDir, 0o755);
  server = await startServer({ dataDir });
  client = await openClient(server.url);
});
afterEach(async () => {
  client.close();
  server.signal("SIGKILL");
  await server.ended;
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
});

it("answers every request it has received, although SIGTERM comes while all of them still wait", async () => {
  const [accountId = ""] = await openFundedAccounts(client, { count: 1, amount: 0 });
  const { url } = await findPostgres(dataDir);
  const db = openDatabase({ url, poolSize: 2, statementTimeoutMs: PATIENCE_MS });
  const body = { type: "deposit", account_id: accountId, amount: 1, currency: "JPY" };
  const requests = await Promise.all(
    Array.from({ length: REQUESTS }, (_, index) => writeRequest(body, `waiting-${index}`)),
  );
  let sent: ReturnType<typeof sendRaw>[] = [];
  await db.begin(async (tx) => {
    await tx`SELECT 1 FROM ledger.accounts WHERE id = ${accountId} FOR UPDATE`;
    sent = requests.map(sendRaw);
    await Promise.all(sent.map(({ flushed }) => flushed));
    // The connections are accepted and read in turn with these: when they are answered, all has been received.
    for (let turn = 0; turn < ROUND_TRIPS; turn += 1) await client.get("/assets");
    server.signal("SIGTERM");
    expect(await poll({ timeoutMs: PATIENCE_MS, until: isRefusingConnections })).toBe(true);
  });
  await db.end({ timeout: 1 });
  const answers = await Promise.all(sent.map(({ answer }) => answer));
  expect(answers.map(readAnswer)).toEqual(Array(REQUESTS).fill({ status: 201, isWhole: true }));
  expect(await server.ended).toBe(0);

  server = await startServer({ dataDir });
  const asking = await openClient(server.url);
  expect(await balanceOf(asking, accountId)).toBe(REQUESTS);
  asking.close();
});

it("stops under full load: no acknowledged write is lost, and PostgreSQL starts again without recovery", async () => {
  const ids = await openFundedAccounts(client, { count: 20, amount: 1_000 });
  const load = openCrashLoad(describeTransactions(ids, createRandom(1)));
  const stop = new AbortController();
  const running = load.run(client, stop.signal);
  await poll({ timeoutMs: PATIENCE_MS, until: () => load.writes.length > 500 });
  server.signal("SIGTERM");
  expect(await server.ended).toBe(0);
  stop.abort();
  await running;
  expect(load.faults).toEqual([]);

  expect(await readClusterState()).toBe(CLUSTER_SHUT_DOWN);

  server = await startServer({ dataDir });
  const { url } = await findPostgres(dataDir);
  const db = openDatabase({ url, poolSize: 1, statementTimeoutMs: PATIENCE_MS });
  expect(await findLost(db, load.writes)).toEqual([]);
  await db.end({ timeout: 5 });
});

/** What PostgreSQL notes of itself in its control file; anything but "shut down" makes the next start recover. */
async function readClusterState(): Promise<number> {
  const control = await readFile(join(dataDir, "postgres", "global", "pg_control"));
  return control.readUInt32LE(16);
}

/** Acknowledged writes that are not in the book. */
async function findLost(db: Sql, writes: ReturnType<typeof openCrashLoad>["writes"]): Promise<unknown[]> {
  const acknowledged = writes.flatMap(({ outcome }) =>
    outcome !== undefined && "id" in outcome ? [outcome.id] : [],
  );
  expect(acknowledged.length).toBeGreaterThan(0);
  const rows = await db<{ id: string }[]>`
    SELECT id::text AS id FROM ledger.journals WHERE id = ANY(${acknowledged}::bigint[])`;
  const found = new Set(rows.map(({ id }) => id));
  return acknowledged.filter((id) => !found.has(id));
}

/** A request written byte by byte: `flushed` when all of it has left, `answer` is all that came back. */
function sendRaw(text: string): { flushed: Promise<unknown>; answer: Promise<string> } {
  const { hostname, port } = new URL(server.url);
  const socket = createConnection({ host: hostname, port: Number(port) });
  const flushed = new Promise((resolve) => socket.write(text, resolve));
  const answer = new Promise<string>((resolve, reject) => {
    let received = "";
    socket.on("data", (part) => {
      received += part;
    });
    socket.on("end", () => resolve(received));
    socket.on("error", reject);
  });
  return { flushed, answer };
}

async function writeRequest(body: object, key: string): Promise<string> {
  const text = JSON.stringify(body);
  return [
    "POST /api/v1/transactions HTTP/1.1",
    "host: test",
    `authorization: Bearer ${await tokenOf("admin")}`,
    `idempotency-key: ${key}`,
    "content-type: application/json",
    `content-length: ${Buffer.byteLength(text)}`,
    "",
    text,
  ].join("\r\n");
}

/** Status and, where the answer is whole, its body. */
function readAnswer(text: string): { status: number; isWhole: boolean } {
  const [head = "", body = ""] = text.split("\r\n\r\n");
  const length = Number(/^content-length: (\d+)/im.exec(head)?.[1]);
  return { status: Number(head.split(" ")[1]), isWhole: Buffer.byteLength(body) === length };
}

function isRefusingConnections(): Promise<boolean> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve) => {
    const socket = createConnection({ host: hostname, port: Number(port) });
    const answer = (isRefused: boolean) => {
      socket.destroy();
      resolve(isRefused);
    };
    socket.once("connect", () => answer(false));
    socket.once("error", () => answer(true));
  });
}
