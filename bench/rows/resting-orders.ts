// What many open trade orders cost: a quote among 100,000 conditional orders that fires none of them, and a start with 1,000,000.
// The orders are copies of one that was placed over HTTP, in a database of their own that is thrown away.
import { randomBytes } from "node:crypto";
import { openDatabase, type Sql } from "../../server/src/runtime/database.ts";
import type { Figure } from "../figures.ts";
import { findMedian } from "../measure.ts";
import { type ServerOptions, startServer } from "../server-process.ts";
import { mintAdminToken } from "../tokens.ts";
import { makeDataFolder, openPostgres, removeDataFolder } from "../workbench.ts";

const QUOTES = 200;
/** Quotes of one request, where they come in numbers. */
const TOGETHER = 1_000;
const CONDITIONAL = 100_000;
const OPEN = 1_000_000;

type Send = (request: string, body?: object) => Promise<{ id: string }>;

export async function measureRestingOrders(onProgress: (text: string) => void): Promise<Figure[]> {
  const opened = new AsyncDisposableStack();
  try {
    const dataDir = await makeDataFolder();
    opened.defer(() => removeDataFolder(dataDir));
    const databaseUrl = await openPostgres(opened, dataDir);
    const options = { dataDir, jwtSecret: randomBytes(32).toString("hex"), databaseUrl };
    const sql = openDatabase({
      url: databaseUrl,
      poolSize: 1,
      statementTimeoutMs: 600_000,
      applicationName: "bench",
    });
    opened.defer(() => sql.end({ timeout: 5 }));
    return [
      ...(await measureQuotes(options, sql, onProgress)),
      ...(await measureStart(options, sql, onProgress)),
    ];
  } finally {
    await opened.disposeAsync();
  }
}

async function measureQuotes(
  options: ServerOptions,
  sql: Sql,
  onProgress: (text: string) => void,
): Promise<Figure[]> {
  const server = await startServer(options);
  try {
    const send = await openSender(server.port, options.jwtSecret);
    const instrument = await placeOne(send);
    onProgress("resting orders: quotes among none");
    const [alone, together] = await timeQuotes(send, instrument, 1);
    await copyOrders(sql, CONDITIONAL);
    onProgress("resting orders: quotes among 100,000");
    const [aloneAmong, togetherAmong] = await timeQuotes(send, instrument, 1 + QUOTES + 3 * TOGETHER);
    return [
      { label: "a quote among 1 waiting order, one a request", value: alone, unit: "ms" },
      { label: "a quote among 100,000 waiting orders, one a request", value: aloneAmong, unit: "ms" },
      { label: "a quote among 1 waiting order, 1,000 a request", value: together, unit: "ms" },
      {
        label: "a quote among 100,000 waiting orders, 1,000 a request",
        value: togetherAmong,
        unit: "ms",
        target: { atMost: 1 },
      },
      {
        label: "what 100,000 waiting orders add to a quote",
        value: Math.max(0, aloneAmong - alone),
        unit: "ms",
        target: { atMost: 1 },
      },
    ];
  } finally {
    await server.stop();
  }
}

/** A stop that no quote of these reaches. */
async function placeOne(send: Send): Promise<string> {
  await send("POST /assets", { code: "BENCH", kind: "security", scale: 0 });
  const terms = {
    symbol: "BENCH-USD",
    name: "Bench",
    asset: "BENCH",
    currency: "USD",
    quote_stale_seconds: null,
  };
  const { id } = await send("POST /instruments", terms);
  const owner = { owner_id: "bench-admin", external_owner: true };
  const cash = await send("POST /accounts", { ...owner, currency: "USD" });
  const units = await send("POST /accounts", { ...owner, currency: "BENCH" });
  const accounts = { cash_account_id: cash.id, asset_account_id: units.id };
  const money = { account_id: cash.id, amount: "9000.00", currency: "USD" };
  await send("POST /transactions", { type: "deposit", ...money });
  await send("POST /quotes", { quotes: [quoteOf(id, 0)] });
  const order = { instrument_id: id, ...accounts, quantity: "1" };
  await send("POST /trade-orders", { ...order, side: "buy", type: "market" });
  await send("POST /trade-orders", { ...order, side: "sell", type: "stop", stop_price: "50.00" });
  return id;
}

function quoteOf(instrumentId: string, sequence: number) {
  const price = `100.${String(sequence % 100).padStart(2, "0")}`;
  const time = new Date().toISOString();
  return {
    instrument_id: instrumentId,
    bid: price,
    ask: price,
    last: price,
    source: "bench",
    sequence,
    time,
  };
}

/** Milliseconds of one quote: alone in its request, and among a thousand. */
async function timeQuotes(send: Send, instrumentId: string, first: number): Promise<[number, number]> {
  const [alone, together]: [number[], number[]] = [[], []];
  let sequence = first;
  for (let count = 0; count < QUOTES; count += 1) {
    const startedAt = performance.now();
    await send("POST /quotes", { quotes: [quoteOf(instrumentId, sequence++)] });
    alone.push(performance.now() - startedAt);
  }
  for (let count = 0; count < 3; count += 1) {
    const quotes = Array.from({ length: TOGETHER }, () => quoteOf(instrumentId, sequence++));
    const startedAt = performance.now();
    await send("POST /quotes", { quotes });
    together.push((performance.now() - startedAt) / TOGETHER);
  }
  return [findMedian(alone) ?? 0, findMedian(together) ?? 0];
}

/** Copies of the newest stop, each with a price of its own far below the quotes, every fourth a trailing stop. */
async function copyOrders(sql: Sql, count: number): Promise<void> {
  const [{ columns = "" } = {}] = await sql<{ columns: string }[]>`
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) AS columns
    FROM pg_attribute
    WHERE attrelid = 'trading.orders'::regclass AND attnum > 0 AND NOT attisdropped
      AND attname NOT IN ('id', 'client_order_id', 'watch_price', 'extreme', 'hold_id', 'held')`;
  await sql.unsafe(`
    WITH pattern AS (SELECT * FROM trading.orders WHERE watch_price IS NOT NULL ORDER BY id LIMIT 1),
      taken AS (SELECT max(id) AS id FROM trading.orders)
    INSERT INTO trading.orders (id, watch_price, extreme, ${columns})
    SELECT taken.id + n, 10000000000 + n % 80000 * 1000000,
      CASE WHEN n % 4 = 0 THEN 200000000000 + n % 1000 * 1000000 END, ${columns}
    FROM pattern, taken, generate_series(1::bigint, ${count}) AS n`);
  await sql`VACUUM ANALYZE trading.orders`;
}

async function measureStart(
  options: ServerOptions,
  sql: Sql,
  onProgress: (text: string) => void,
): Promise<Figure[]> {
  onProgress("resting orders: copying up to 1,000,000");
  await copyOrders(sql, OPEN - CONDITIONAL);
  const server = await startServer(options);
  try {
    const send = await openSender(server.port, options.jwtSecret);
    const startedAt = performance.now();
    await send("GET /trade-orders?open=true");
    const readMs = performance.now() - startedAt;
    return [
      {
        label: "start with 1,000,000 open orders, until they are served",
        value: (server.startMs + readMs) / 1_000,
        unit: "s",
        target: { atMost: 10 },
      },
    ];
  } finally {
    await server.stop();
  }
}

/** As an administrator. @throws Error with the problem document of a refusal */
async function openSender(port: number, jwtSecret: string): Promise<Send> {
  const token = await mintAdminToken(jwtSecret);
  return async (request, body) => {
    const [method = "", path = ""] = request.split(" ");
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${request}: ${text}`);
    return JSON.parse(text);
  };
}
