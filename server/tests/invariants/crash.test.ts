import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { verifyBook } from "../../src/modules/ledger/verify/verify-book.ts";
import { openDatabase, type Sql } from "../../src/runtime/database.ts";
import { poll } from "../../src/runtime/embedded-postgres/poll.ts";
import { isAlive } from "../embedded-postgres/test-ground.ts";
import { type ApiClient, openClient, openFundedAccounts } from "./api-client.ts";
import {
  type CrashLoad,
  createRandom,
  describeTransactions,
  openCrashLoad,
  type Write,
} from "./crash-load.ts";
import { roundsOf } from "./rounds.ts";
import { backendPids, findPostgres, type ServerProcess, startServer } from "./server-process.ts";

const ROUNDS = roundsOf("CRASH_ROUNDS", { inCi: 50, elsewhere: 15 });
const SEED = Number(process.env["CRASH_SEED"] ?? Date.now() % 1_000_000);
const VERIFY_EVERY_ROUNDS = 10;
const PATIENCE_MS = 60_000;
const TEST_MAX_MS = 15 * 60_000;

let dataDir: string;
let server: ServerProcess;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "countinghouse-crash-"));
  await chmod(dataDir, 0o755); // PostgreSQL runs as another user where we are root
  server = await startServer({ dataDir });
});
afterAll(async () => {
  server.signal("SIGTERM");
  await server.ended;
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
});

it(
  `keeps every acknowledged write exactly once through ${ROUNDS} kills -9 of server and PostgreSQL (CRASH_SEED=${SEED})`,
  async () => {
    const random = createRandom(SEED);
    const first = await openClient(server.url);
    const accountIds = await openFundedAccounts(first, { count: 20, amount: 1_000 });
    first.close();
    const load = openCrashLoad(describeTransactions(accountIds, random));
    for (let round = 1; round <= ROUNDS; round += 1) {
      const writtenBefore = load.writes.length;
      const victim = VICTIMS[random(VICTIMS.length)] ?? "server";
      await playRound(load, { victim, afterMs: 100 + random(600) });
      const where = `round ${round}, killed ${victim}, CRASH_SEED=${SEED}`;
      expect(load.faults, where).toEqual([]);
      await withDatabase((db) => expectBooked(db, load.writes.slice(writtenBefore), where));
      if (round % VERIFY_EVERY_ROUNDS === 0 || round === ROUNDS)
        await withDatabase((db) => expectWholeBook(db, load.writes, where));
    }
  },
  TEST_MAX_MS,
);

const VICTIMS = [
  "server",
  "server",
  "server and PostgreSQL",
  "PostgreSQL",
  "PostgreSQL",
  "a backend",
  "a backend",
] as const;
type Victim = (typeof VICTIMS)[number];

/** Load, a kill amid it, a restart, and the question what became of what was not answered. */
async function playRound(load: CrashLoad, kill: { victim: Victim; afterMs: number }): Promise<void> {
  const client = await openClient(server.url);
  const stop = new AbortController();
  const running = load.run(client, stop.signal);
  await pause(kill.afterMs);
  await killVictim(kill.victim);
  if (server.isRunning() && kill.victim !== "server") await awaitReady(client);
  stop.abort();
  await running;
  client.close();
  if (kill.victim.startsWith("server")) {
    await server.ended;
    server = await startServer({ dataDir });
  }
  expect(server.isRunning(), `the server ended although only ${kill.victim} was killed`).toBe(true);
  const asking = await openClient(server.url);
  await load.settle(asking);
  asking.close();
}

async function killVictim(victim: Victim): Promise<void> {
  const { pid } = await findPostgres(dataDir);
  const backends = await backendPids(pid);
  if (victim === "a backend") process.kill(backends[0] ?? pid, "SIGKILL");
  if (victim.endsWith("PostgreSQL")) process.kill(pid, "SIGKILL");
  if (victim.startsWith("server")) return server.signal("SIGKILL");
  // PostgreSQL ends all of them when it notices. Until then the database still answers, and would break off amid our checks.
  expect(await poll({ timeoutMs: PATIENCE_MS, until: () => !backends.some(isAlive) })).toBe(true);
}

/** Ready again after a crash of PostgreSQL: one write at least goes through. */
async function awaitReady(client: ApiClient): Promise<void> {
  const until = async () => {
    const { status } = await client.get("/assets").catch(() => ({ status: 0 }));
    return status === 200 || !server.isRunning();
  };
  expect(await poll({ timeoutMs: PATIENCE_MS, until })).toBe(true);
}

async function withDatabase(check: (db: Sql) => Promise<void>): Promise<void> {
  const { url } = await findPostgres(dataDir);
  const db = openDatabase({ url, poolSize: 4, statementTimeoutMs: PATIENCE_MS });
  await check(db).finally(() => db.end({ timeout: 5 }));
}

/** What was acknowledged is there once and under its id; what was refused is not. */
async function expectBooked(db: Sql, writes: readonly Write[], where: string): Promise<void> {
  const rows = await db<{ reference: string; ids: string[] }[]>`
    SELECT reference, array_agg(id::text) AS ids FROM ledger.journals
    WHERE reference = ANY(${writes.map(({ key }) => key)}) GROUP BY reference`;
  const booked = new Map(rows.map(({ reference, ids }) => [reference, ids]));
  const wrong = writes.filter(({ key, outcome }) => {
    const ids = booked.get(key) ?? [];
    const expected = outcome !== undefined && "id" in outcome ? [outcome.id] : [];
    return ids.join() !== expected.join();
  });
  expect(
    wrong.map((write) => ({ ...write, booked: booked.get(write.key) })),
    where,
  ).toEqual([]);
}

/** Every write since the beginning, nothing besides them, and a book that verifies. */
async function expectWholeBook(db: Sql, writes: readonly Write[], where: string): Promise<void> {
  await expectBooked(db, writes, where);
  const acknowledged = writes.filter(({ outcome }) => outcome !== undefined && "id" in outcome);
  const [row] = await db<[{ count: number }]>`
    SELECT count(*)::int AS count FROM ledger.journals WHERE reference IS NOT NULL`;
  expect(row.count, where).toBe(acknowledged.length);
  const { differences } = await verifyBook(db, { full: true, readOnly: true });
  expect(differences, where).toEqual([]);
}
