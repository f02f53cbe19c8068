// The plans of what is read most: none reads a table through, also where it was planned over tables that were still empty and that
// nobody ever analyzed, and none walks through a whole index.
import { afterAll, beforeAll, expect, it } from "vitest";
import { startTestApp, type TestApp } from "../app.ts";
import { asServer, createTestDatabase, type TestDatabase } from "../database.ts";

const ROWS = 8_000;
const ROUNDS = 12;
/** Less than one read that goes through a table each time, as a whole or by an index; workers of the program do it now and then. */
const READ_MAX = ROUNDS * ROWS * 0.75;

let database: TestDatabase;
let app: TestApp;
let token: string;
let hasGrown = false;
let known: { account: string; product: number; order: string };
beforeAll(async () => {
  database = await createTestDatabase({ poolSize: 1 });
  app = await startTestApp({ DB_URL: asServer(database.url), DB_POOL_SIZE: "2" });
  token = await app.token("admin");
  known = await makeOneOfEach();
});
afterAll(async () => {
  await app?.stop();
  await database?.drop();
});

async function send(request: string, { body, isGuest }: { body?: object; isGuest?: boolean } = {}) {
  const answer = await app.send(isGuest === true ? undefined : token, request, body);
  expect(answer.status, `${request} ${JSON.stringify(answer.body)}`).toBeLessThan(300);
  return answer.body;
}

async function makeOneOfEach() {
  const owner = { owner_id: "alice", external_owner: true, currency: "USD" };
  const { id: account } = await send("POST /accounts", { body: owner });
  const { id: payee } = await send("POST /accounts", { body: owner });
  const money = { account_id: account, amount: "100.00", currency: "USD" };
  await send("POST /transactions", { body: { type: "deposit", ...money } });
  await send("POST /transactions", {
    body: { ...money, type: "transfer", to_account_id: payee, amount: "1.00" },
  });
  await send("POST /holds", { body: { ...money, to_account_id: payee, amount: "1.00" } });
  const goods = { sku: "SOLD-1", name: "Warm lamp", brand: "Lux", price: "1.00", initial_quantity: 100 };
  const { id: product } = await send("POST /products", { body: goods });
  const bought = {
    customer_id: "alice",
    external_customer: true,
    payment_method: "balance",
    account_id: account,
  };
  const { id: order } = await send("POST /orders", {
    body: { ...bought, items: [{ product_id: product, quantity: 1 }] },
  });
  return { account, product, order };
}

/** Each read once; the change of a product lets the catalog's pages be made anew. */
async function readAll(round: number): Promise<void> {
  await send(`PATCH /products/${known.product}`, { body: { price: `${1 + round}.00` } });
  const order = BigInt(known.order) - (hasGrown ? BigInt(round) * STEP : 0n);
  for (const path of [
    `/accounts/${known.account}/balance`,
    `/orders/${order}`,
    `/products/${known.product}`,
    "/products?limit=20",
    "/products?limit=20&sort=price_asc&currency=USD",
    "/products?limit=20&sort=name_asc",
    "/products?limit=20&q=warm+lamp",
    "/products?limit=20&q=sold-1",
    "/products?limit=20&q=lux&in_stock=true",
    `/transactions?account_id=${known.account}&limit=20`,
    "/transactions?limit=20",
  ])
    await send(`GET ${path}`, { isGuest: path.startsWith("/products") });
}

/** Between the ids of copies. */
const STEP = 10n;

/** Copies of the oldest row of each table, before it: as if they had been there for long. */
async function grow(): Promise<void> {
  for (const [table, keys, of = ""] of GROWN)
    await database.db.unsafe(`
      INSERT INTO ${table} SELECT (jsonb_populate_record(NULL::${table}, to_jsonb(t) || jsonb_build_object(${keys
        .map((key) => `'${key}', t.${key} - n * ${STEP}`)
        .join(", ")}))).*
      FROM (SELECT * FROM ${table} ${of} ORDER BY ${keys[0]} LIMIT 1) t, generate_series(1, ${ROWS}) n`);
  await database.db`
    INSERT INTO catalog.products (sku, name, description, brand, price_minor, currency, price_includes_tax,
      tax_class, status, tracks_stock, metadata)
    SELECT 'GROWN-' || n, (ARRAY['Warm lamp', 'Cold lamp', 'Warm chair', 'Table'])[n % 4 + 1] || ' ' || n, '',
      'Brand' || n % 100, n, 'USD', false, 'standard', 'active', true, '{}'
    FROM generate_series(1, ${ROWS}) n`;
  await database.db`
    INSERT INTO catalog.availability SELECT id, 1 FROM catalog.products ON CONFLICT DO NOTHING`;
  hasGrown = true;
}

const GROWN: readonly (readonly [table: string, keys: readonly string[], of?: string])[] = [
  ["orders.orders", ["id", "payment_id"]],
  ["orders.lines", ["order_id"]],
  ["payments.payments", ["id", "order_id"]],
  ["ledger.transfers", ["id", "journal_id"]],
  ["ledger.holds", ["id"]],
];

/** Rows that were read from tables as a whole, and by index, by table; those of partitions together. */
async function countRead(): Promise<{ table: string; whole: number; by_index: number }[]> {
  return database.db<{ table: string; whole: number; by_index: number }[]>`
    SELECT coalesce(p.inhparent, s.relid)::regclass::text AS table, sum(seq_tup_read)::int AS whole,
      sum(coalesce(idx_tup_fetch, 0))::int AS by_index
    FROM pg_stat_user_tables s
    LEFT JOIN pg_inherits p ON p.inhrelid = s.relid
    GROUP BY 1
    HAVING sum(seq_tup_read) > ${READ_MAX} OR sum(coalesce(idx_tup_fetch, 0)) > ${READ_MAX}
    ORDER BY 1`;
}

async function forgetRead(): Promise<void> {
  await database.db`SELECT pg_stat_force_next_flush()`;
  await database.db`SELECT pg_stat_reset()`;
}

async function readInRounds(): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) await readAll(round);
}

/** Connections tell what they read when they end. */
async function restart(): Promise<void> {
  await app.stop();
  app = await startTestApp({ DB_URL: asServer(database.url), DB_POOL_SIZE: "2" });
}

it("no table is read through: planned over empty tables, never analyzed, or analyzed", {
  timeout: 300_000,
}, async () => {
  await readInRounds();
  await grow();
  await forgetRead();
  await readInRounds();
  await restart();
  expect(await countRead(), "planned over empty tables").toEqual([]);
  await forgetRead();
  await readInRounds();
  await restart();
  expect(await countRead(), "never analyzed").toEqual([]);
  await database.db`ANALYZE`;
  await forgetRead();
  await readInRounds();
  await restart();
  expect(await countRead(), "analyzed").toEqual([]);
});
