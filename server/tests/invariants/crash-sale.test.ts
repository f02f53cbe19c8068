import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type ApiClient, openClient, openFundedAccounts } from "./api-client.ts";
import { type CardTrade, openCardTrade } from "./card-trade.ts";
import { type CrashLoad, createRandom, openCrashLoad } from "./crash-load.ts";
import { roundsOf } from "./rounds.ts";
import { findPostgres, type ServerProcess, startServer } from "./server-process.ts";
import { expectVerified } from "./verified.ts";

const ROUNDS = roundsOf("CRASH_ROUNDS", { inCi: 20, elsewhere: 8 });
const SEED = Number(process.env["CRASH_SEED"] ?? Date.now() % 1_000_000);
const UNITS = 150;
const PRICE = 100;
const MONEY = 10_000_000;
const VERIFY_EVERY_ROUNDS = 10;
const TEST_MAX_MS = 10 * 60_000;

const random = createRandom(SEED);
let dataDir: string;
let cards: CardTrade;
let server: ServerProcess;
let accountIds: string[];
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "countinghouse-sale-"));
  await chmod(dataDir, 0o755); // PostgreSQL runs as another user where we are root
  cards = await openCardTrade(random);
  await start();
  await withClient(cards.addProduct);
  accountIds = await withClient((client) => openFundedAccounts(client, { count: 20, amount: MONEY }));
});
afterAll(async () => {
  server.signal("SIGTERM");
  await server.ended;
  await cards.stop();
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
});

async function start(): Promise<void> {
  server = await startServer({ dataDir, settings: cards.settings });
  cards.deliverTo(server.url);
}

async function withClient<T>(use: (client: ApiClient) => Promise<T>): Promise<T> {
  const client = await openClient(server.url);
  return use(client).finally(client.close);
}

it(
  `sells no unit twice, keeps every acknowledged order and holds its money, through ${ROUNDS} kills -9 in flash sales (CRASH_SEED=${SEED})`,
  async () => {
    let sold = 0;
    for (let round = 1; round <= ROUNDS; round += 1) {
      const victim = random(3) === 0 ? "server and PostgreSQL" : "server";
      const where = `round ${round}, killed ${victim}, CRASH_SEED=${SEED}`;
      const productId = await withClient((client) => addProduct(client, round));
      const load = openSale(productId, round);
      await playRound(load, { victim, afterMs: 10 + random(250) });
      expect(load.faults, where).toEqual([]);
      sold += await withClient((client) => expectSold(client, { load, productId, where }));
      await withClient((client) => expectMoneyHeld(client, sold, where));
      await withClient((client) => cards.expectCharged(client, where));
      if (round % VERIFY_EVERY_ROUNDS === 0 || round === ROUNDS) await expectVerified(dataDir, where);
    }
    expect(sold).toBeGreaterThan(ROUNDS); // a sale that never sells proves nothing
  },
  TEST_MAX_MS,
);

it("charges each order paid by card once, and none without an order, through the same kills: Stripe's books are ours", async () => {
  const where = `at the end, CRASH_SEED=${SEED}`;
  await cards.finish(dataDir);
  await withClient((client) => cards.expectSameBooks(client, where));
  await expectVerified(dataDir, where);
});

async function addProduct(client: ApiClient, round: number): Promise<number> {
  const product = {
    sku: `SALE-${round}`,
    name: "The last ones",
    price: PRICE,
    currency: "JPY",
    tax_class: "zero",
    initial_quantity: UNITS,
  };
  const { status, body } = await client.post("/products", product);
  expect(status, JSON.stringify(body)).toBe(201);
  return body.id;
}

function openSale(productId: number, round: number): CrashLoad {
  const describe = (key: string) => ({
    items: [{ product_id: productId, quantity: 1 }],
    payment_method: "balance",
    account_id: accountIds[random(accountIds.length)],
    currency: "JPY",
    reference: `${round}-${key}`,
  });
  return openCrashLoad({ path: "/orders", describe, prefix: `sale-${round}` });
}

/** A sale beside a trade by card, a kill amid them, a restart, and the question what became of what was not answered. */
async function playRound(load: CrashLoad, kill: { victim: string; afterMs: number }): Promise<void> {
  const { pid } = await findPostgres(dataDir);
  const client = await openClient(server.url);
  const stop = new AbortController();
  const running = Promise.all([load.run(client, stop.signal), cards.run(client, stop.signal)]);
  await pause(kill.afterMs);
  if (kill.victim.endsWith("PostgreSQL")) process.kill(pid, "SIGKILL");
  server.signal("SIGKILL");
  stop.abort();
  cards.deliverTo(undefined);
  await running;
  client.close();
  await server.ended;
  await start();
  await withClient(load.settle);
  await withClient(cards.settle);
}

interface Sale {
  readonly load: CrashLoad;
  readonly productId: number;
  readonly where: string;
}

/** As many orders as were acknowledged, each of them there; nobody refused while there were units. Answers how many. */
async function expectSold(client: ApiClient, { load, productId, where }: Sale): Promise<number> {
  const accepted = load.writes.flatMap(({ outcome }) =>
    outcome !== undefined && "id" in outcome ? [outcome.id] : [],
  );
  const refusals = load.writes.flatMap(({ outcome }) =>
    outcome !== undefined && "refused" in outcome ? [outcome.refused] : [],
  );
  expect(new Set(refusals).isSubsetOf(new Set(["insufficient_stock"])), `${where}: ${refusals}`).toBe(true);
  expect(new Set(accepted).size, where).toBe(accepted.length);
  if (refusals.length > 0) expect(accepted.length, where).toBe(UNITS);
  expect(accepted.length, where).toBeLessThanOrEqual(UNITS);
  const stock = await client.get(`/stock/${productId}`);
  expect(stock.body, where).toMatchObject({
    on_hand: UNITS,
    reserved: accepted.length,
    available: UNITS - accepted.length,
  });
  const orders = await Promise.all(accepted.map((id) => client.get(`/orders/${id}`)));
  expect(
    orders.filter(({ body }) => body.status !== "CONFIRMED" || body.payment_status !== "authorized"),
    where,
  ).toEqual([]);
  return accepted.length;
}

async function expectMoneyHeld(client: ApiClient, sold: number, where: string): Promise<void> {
  const balances = await Promise.all(accountIds.map((id) => client.get(`/accounts/${id}/balance`)));
  const sum = (name: string) => balances.reduce((total, { body }) => total + Number(body[name]), 0);
  expect({ balance: sum("balance"), held: sum("held") }, where).toEqual({
    balance: accountIds.length * MONEY,
    held: sold * PRICE,
  });
}
