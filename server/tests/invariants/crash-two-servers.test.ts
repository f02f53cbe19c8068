// Two servers on one database write to ten hot accounts, so that what each remembers of them is nearly always stale; one of
// them is killed, or all its connections are, and everything acknowledged is there once.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { verifyBook } from "../../src/modules/ledger/verify/verify-book.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { openClient, openFundedAccounts } from "./api-client.ts";
import { createRandom, describeTransactions, openCrashLoad, type Write } from "./crash-load.ts";
import { type ServerPlace, type ServerProcess, startServer } from "./server-process.ts";

const ROUNDS = Number(process.env["CRASH_TWO_ROUNDS"] ?? 6);
const SEED = Number(process.env["CRASH_SEED"] ?? Date.now() % 1_000_000);
const TEST_MAX_MS = 10 * 60_000;

let database: TestDatabase;
let place: ServerPlace;
let servers: [ServerProcess, ServerProcess];
beforeAll(async () => {
  database = await createTestDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), "countinghouse-crash-two-"));
  place = { dataDir, databaseUrl: database.url };
  servers = [await startServer(place), await startServer(place)];
}, TEST_MAX_MS);
afterAll(async () => {
  for (const server of servers) server.signal("SIGTERM");
  await Promise.all(servers.map(({ ended }) => ended));
  await database.drop();
  await rm(place.dataDir, { recursive: true, force: true, maxRetries: 5 });
});

it(
  `books every acknowledged write once on ten hot accounts, through ${ROUNDS} kills of one of two servers (CRASH_SEED=${SEED})`,
  async () => {
    const random = createRandom(SEED);
    const first = await openClient(servers[0].url);
    const accountIds = await openFundedAccounts(first, { count: 10, amount: 1_000 });
    first.close();
    const loads = ["one", "two"].map((prefix) =>
      openCrashLoad({ ...describeTransactions(accountIds, random), prefix, workers: 24 }),
    );
    for (let round = 1; round <= ROUNDS; round += 1) {
      const clients = await Promise.all(servers.map(({ url }) => openClient(url)));
      const stop = new AbortController();
      const running = loads.map((load, index) => load.run(at(clients, index), stop.signal));
      await pause(200 + random(400));
      if (round % 3 === 0) await endConnections();
      else servers[round % 2 === 0 ? 0 : 1].signal("SIGKILL");
      await pause(random(200)); // the other goes on, on accounts that the dead one has just written
      stop.abort();
      await Promise.all(running);
      for (const client of clients) client.close();
      await restart();
      // What got no answer is asked again at the other server.
      const asking = await openClient(servers[round % 2 === 0 ? 0 : 1].url);
      for (const load of loads) await load.settle(asking);
      asking.close();
      for (const load of loads) expect(load.faults, `round ${round}, CRASH_SEED=${SEED}`).toEqual([]);
    }
    await expectBooked(loads.flatMap(({ writes }) => writes));
    const { differences } = await verifyBook(database.db, { full: true, readOnly: true });
    expect(differences).toEqual([]);
  },
  TEST_MAX_MS,
);

function at<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) throw new Error(`there is no item ${index}`);
  return item;
}

async function restart(): Promise<void> {
  for (const [index, server] of servers.entries()) {
    if (server.isRunning()) continue;
    await server.ended;
    servers[index === 0 ? 0 : 1] = await startServer(place);
  }
}

async function endConnections(): Promise<void> {
  await database.db`
    SELECT pg_terminate_backend(pid)
    FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'countinghouse'`;
}

/** What was acknowledged is there once and under its id, what was refused is not, and ids follow each account's balances. */
async function expectBooked(writes: readonly Write[]): Promise<void> {
  const rows = await database.db<{ reference: string; ids: string[] }[]>`
    SELECT reference, array_agg(id::text) AS ids
    FROM ledger.journals
    WHERE reference IS NOT NULL
    GROUP BY reference`;
  const booked = new Map(rows.map(({ reference, ids }) => [reference, ids]));
  const expected = writes.flatMap(({ key, outcome }) =>
    outcome !== undefined && "id" in outcome ? [[key, [outcome.id]] as const] : [],
  );
  expect(booked).toEqual(new Map(expected));
  expect(expected.length).toBeGreaterThan(ROUNDS);
}
