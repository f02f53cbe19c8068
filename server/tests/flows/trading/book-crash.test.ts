// Two servers on one database match orders in one book, and either is killed at random moments. No order is filled twice, no hold is
// left behind, every acknowledged order is there once, and cancelled ones are never dealt later.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { verifyBook } from "../../../src/modules/ledger/verify/verify-book.ts";
import { verifyTrading } from "../../../src/modules/trading/verify/verify-trading.ts";
import { createTestDatabase, type TestDatabase } from "../../database.ts";
import { type ApiClient, openClient } from "../../invariants/api-client.ts";
import { createRandom } from "../../invariants/crash-load.ts";
import { roundsOf } from "../../invariants/rounds.ts";
import { type ServerPlace, type ServerProcess, startServer } from "../../invariants/server-process.ts";

const ROUNDS = roundsOf("CRASH_BOOK_ROUNDS", { inCi: 10, elsewhere: 5 });
const SEED = Number(process.env["CRASH_SEED"] ?? Date.now() % 1_000_000);
const TEST_MAX_MS = 10 * 60_000;
const OWNERS = 6;
const WORKERS = 12;

let database: TestDatabase;
let place: ServerPlace;
let servers: [ServerProcess, ServerProcess];
beforeAll(async () => {
  database = await createTestDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), "countinghouse-crash-book-"));
  const settings = { TRADING_OPEN_ORDERS_MAX: "1000" };
  place = { dataDir, databaseUrl: database.url, settings };
  servers = [await startServer(place), await startServer(place)];
}, TEST_MAX_MS);
afterAll(async () => {
  for (const server of servers) server.signal("SIGTERM");
  await Promise.all(servers.map(({ ended }) => ended));
  await database.drop();
  await rm(place.dataDir, { recursive: true, force: true, maxRetries: 5 });
});

interface Trader {
  readonly cashId: string;
  readonly assetId: string;
}

interface Load {
  readonly instrumentId: string;
  readonly traders: readonly Trader[];
  /** Acknowledged orders by their clients' own names, and those whose end was acknowledged, with what was filled then. */
  readonly placed: Map<string, string>;
  readonly cancelled: Map<string, string>;
  readonly faults: string[];
}

it(
  `T29, T30: two servers on one book, ${ROUNDS} kills of either (CRASH_SEED=${SEED})`,
  async () => {
    const random = createRandom(SEED);
    const first = await openClient(servers[0].url);
    const load = await openLoad(first);
    first.close();
    for (let round = 1; round <= ROUNDS; round += 1) {
      const clients = await Promise.all(servers.map(({ url }) => openClient(url)));
      const stop = new AbortController();
      const workers = Array.from({ length: WORKERS }, (_, index) =>
        trade(load, { client: clients[index % 2], name: `${round}-${index}`, random, stop: stop.signal }),
      );
      await pause(300 + random(500));
      servers[random(2) === 0 ? 0 : 1].signal("SIGKILL");
      await pause(100 + random(200));
      stop.abort();
      await Promise.all(workers);
      for (const client of clients) client.close();
      for (const [index, server] of servers.entries()) {
        if (server.isRunning()) continue;
        await server.ended;
        servers[index === 0 ? 0 : 1] = await startServer(place);
      }
      expect(load.faults, `round ${round}, CRASH_SEED=${SEED}`).toEqual([]);
      expect(await verifyTrading(database.db), `round ${round}, CRASH_SEED=${SEED}`).toEqual([]);
    }
    await expectEverythingOnce(load);
    expect((await verifyBook(database.db, { full: true, readOnly: true })).differences).toEqual([]);
    await expectNothingHeldAtTheEnd(load);
  },
  TEST_MAX_MS,
);

async function openLoad(client: ApiClient): Promise<Load> {
  const must = async (path: string, body: object) => {
    const answer = await client.post(path, body);
    if (answer.status >= 300) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  await must("/assets", { code: "SHARE", kind: "security", scale: 0 });
  const instrument = { symbol: "SHARE-BOOK", name: "A share", asset: "SHARE", currency: "USD" };
  const { id: instrumentId } = await must("/instruments", {
    ...instrument,
    venue: "book",
    fee: 10,
    maker_fee: 3,
  });
  const traders: Trader[] = [];
  for (let owner = 0; owner < OWNERS; owner += 1) {
    const open = async (currency: string, amount: string) => {
      const { id } = await must("/accounts", { owner_id: `owner-${owner}`, external_owner: true, currency });
      await must("/transactions", { type: "deposit", account_id: id, amount, currency });
      return id;
    };
    traders.push({ cashId: await open("USD", "1000000.00"), assetId: await open("SHARE", "100000") });
  }
  return { instrumentId, traders, placed: new Map(), cancelled: new Map(), faults: [] };
}

interface Worker {
  readonly client: ApiClient | undefined;
  readonly name: string;
  readonly random: (below: number) => number;
  readonly stop: AbortSignal;
}

/** Places, replaces by a new order, and cancels; what gets no answer is left to the database. */
async function trade(load: Load, { client, name, random, stop }: Worker): Promise<void> {
  for (let number = 0; client !== undefined && !stop.aborted; number += 1) {
    const trader = load.traders[random(OWNERS)];
    const key = `${name}-${number}`;
    try {
      const { status, body } = await client.post("/trade-orders", {
        instrument_id: load.instrumentId,
        ...{ cash_account_id: trader?.cashId, asset_account_id: trader?.assetId },
        ...{ side: random(2) === 0 ? "buy" : "sell", type: "limit", client_order_id: key },
        ...{ quantity: String(1 + random(9)), limit_price: `${95 + random(10)}.00` },
        ...{ self_trade: ["newest", "oldest", "both", "decrement"][random(4)] },
        time_in_force: ["GTC", "GTC", "GTC", "IOC", "FOK"][random(5)],
      });
      if (status === 201) load.placed.set(key, body.id);
      else if (status !== 503) load.faults.push(`${status} ${JSON.stringify(body)}`);
      if (status !== 201 || random(3) > 0) continue;
      const ended = await client.post(`/trade-orders/${body.id}/cancel`, {});
      if (ended.status === 200) load.cancelled.set(body.id, ended.body.filled_quantity);
      else if (ended.status !== 422 && ended.status !== 503)
        load.faults.push(`${ended.status} ${JSON.stringify(ended.body)}`);
    } catch {
      return; // the server is gone
    }
  }
}

async function expectEverythingOnce({ placed, cancelled }: Load): Promise<void> {
  const rows = await database.db<{ id: string; client_order_id: string; state: number; filled: string }[]>`
    SELECT id::text, client_order_id, state, filled::text FROM trading.orders`;
  const byName = new Map(rows.map((row) => [row.client_order_id, row]));
  for (const [key, id] of placed) expect(byName.get(key)?.id).toBe(id);
  const byId = new Map(rows.map((row) => [row.id, row]));
  for (const [id, filled] of cancelled) expect(byId.get(id)).toMatchObject({ state: 6, filled });
  const [sums] = await database.db`
    SELECT count(*)::int AS trades, sum(CASE side WHEN 1 THEN quantity ELSE -quantity END)::int AS difference
    FROM trading.executions`;
  expect(sums?.["difference"]).toBe(0);
  expect(sums?.["trades"]).toBeGreaterThan(ROUNDS);
}

async function expectNothingHeldAtTheEnd({ instrumentId }: Load): Promise<void> {
  const client = await openClient(servers[0].url);
  for (let isComplete = false; !isComplete; ) {
    const { body } = await client.post("/trade-orders/cancel", { instrument_id: instrumentId });
    isComplete = body.is_complete;
  }
  client.close();
  const [held] = await database.db`
    SELECT sum(debits_pending)::int AS held, sum(credits_posted - debits_posted)::int AS units
    FROM ledger.accounts a
    JOIN ledger.assets s ON s.id = a.asset_id
    WHERE NOT a.system AND s.code = 'SHARE'`;
  expect(held).toMatchObject({ held: 0, units: OWNERS * 100_000 });
  const [cash] = await database.db`
    SELECT sum(debits_pending)::int AS held FROM ledger.accounts WHERE NOT system`;
  expect(cash).toMatchObject({ held: 0 });
  expect(await verifyTrading(database.db)).toEqual([]);
}
